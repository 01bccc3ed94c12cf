import { expect, test } from "vitest";
import { isLeased, isTerminal, noCounts, STATUS_CODE, STATUSES } from "../../../src/task/status.ts";

test("storage spells a status by its place in the list", () => {
  // These numbers are in every database there is.
  expect(STATUSES).toEqual(["Pending", "Queued", "Running", "Done", "Failed", "Killed"]);
  expect(STATUSES.map((status) => STATUS_CODE[status])).toEqual([0, 1, 2, 3, 4, 5]);
});

test("two states are leased, two are terminal, and counting begins at none of each", () => {
  expect(STATUSES.filter(isLeased)).toEqual(["Queued", "Running"]);
  expect(STATUSES.filter(isTerminal)).toEqual(["Done", "Killed"]);
  expect(Object.entries(noCounts())).toEqual(STATUSES.map((status) => [status, 0]));
});
