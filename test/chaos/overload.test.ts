/** Overload in small: everything that was sent is there, and nothing fell over. Times are for the command. */

import { expect, test } from "vitest";
import { startInspected } from "./inspected.ts";
import { overload, SMALL } from "./overload.ts";

test("bursts, a crowd of workers and a backlog are taken whole", { timeout: 120_000 }, async () => {
  const server = await startInspected();
  const figures = await overload(server, SMALL, () => undefined);
  for (const { part, faults } of figures) expect(faults, part).toEqual([]);
  expect(figures.map(({ operations }) => operations).every((count) => count > 0)).toBe(true);
});
