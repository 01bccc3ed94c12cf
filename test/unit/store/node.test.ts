import { afterAll, expect, test } from "vitest";
import { nodeDriver } from "../../../src/store/node.ts";
import { migrate } from "../../../src/store/schema.ts";
import { storeConformance } from "../../conformance/store/suite.ts";
import { Statements } from "../../support/statements.ts";

/** What may cost more than a key or a range of an index, and why that does not grow with the queue. */
const EXCEPTIONS = [
  { file: "backlog.ts", step: "SCAN first", why: "one row for each priority in use, 5,000 at most" },
  { file: "leased.ts", step: "USE TEMP B-TREE FOR ORDER BY", why: "what one session holds, as many as were asked for" },
  { file: "schedules.ts", step: "SCAN schedule", why: "all schedules of the queue, a hundred at most" },
  { file: "schedules.ts", step: "USE TEMP B-TREE FOR ORDER BY", why: "schedules that are due, a hundred at most" },
  { file: "span.ts", step: "SCAN task USING INDEX task_leased", why: "what is leased, whatever waits" },
  { file: "span.ts", step: "SCAN task USING COVERING INDEX task_leased", why: "what is leased, whatever waits" },
  { file: "span.ts", step: "USE TEMP B-TREE FOR GROUP BY", why: "what is leased, by the session that holds it" },
  { file: "span.ts", step: "USE TEMP B-TREE FOR ORDER BY", why: "a page of what is leased, 5,000 tasks at most" },
  { file: "walk.ts", step: "USE TEMP B-TREE FOR ORDER BY", why: "the tasks of one idempotency key" },
  { file: "vacuum.ts", step: "SCAN task", why: "a purge goes along all rows, since all are to go, a slice at a time" },
];

const statements = new Statements();
const planner = nodeDriver(":memory:");
migrate(planner);
afterAll(() => planner.close());

storeConformance(async (body) => {
  const driver = nodeDriver(":memory:");
  try {
    body(statements.watch(driver));
  } finally {
    driver.close();
  }
});

// After the suite: it has run whatever the store can ask.
test("the suite runs every statement of the store, or nothing would be known of its plan", () => {
  expect(statements.unreached()).toEqual([]);
});

test("no statement walks the tasks or sorts them, but for those that are listed with their reason", () => {
  const isListed = (costly: { file: string; step: string }) =>
    EXCEPTIONS.some(({ file, step }) => file === costly.file && step === costly.step);
  expect(statements.costly(planner).filter((costly) => !isListed(costly))).toEqual([]);
});

test("each exception is one: a reason that nothing needs any more is taken off the list", () => {
  const costly = statements.costly(planner).map(({ file, step }) => `${file}: ${step}`);
  expect(EXCEPTIONS.map(({ file, step }) => `${file}: ${step}`).filter((listed) => !costly.includes(listed))).toEqual(
    [],
  );
});
