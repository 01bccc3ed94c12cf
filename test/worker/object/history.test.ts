// The history of a queue on its object: over sleep, over a transaction that fails, and when the queue is dropped.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryPoint } from "../../../src/protocol/queue-answers.ts";
import { freezeTime, Lab, pass, thawTime } from "./lab.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(() => {
  freezeTime();
  // Ten seconds after a full hour, so that the minutes of a test are of one hour.
  pass(HOUR - (Date.now() % HOUR) + 10_000);
});
afterEach(thawTime);

const historyOf = (lab: Lab): Promise<{ minutes: HistoryPoint[]; hours: HistoryPoint[] }> =>
  lab.call("GET", "/history");

const beginning = (ms: number, span: number) => ms - (ms % span);

test("a queue that was never used has none, and is not made by being asked", async () => {
  const lab = new Lab();
  expect(await historyOf(lab)).toEqual({ minutes: [], hours: [] });
  expect(await lab.rows("SELECT name FROM sqlite_master WHERE name = 'task'")).toEqual([]);
});

test("tells of each minute what happened, and how the queue stood at its end or stands now", async () => {
  const lab = new Lab();
  const first = beginning(Date.now(), MINUTE);
  await lab.push();
  await lab.push();
  pass(3_000);
  const nothing = { pushed: 0, done: 0, failed: 0, killed: 0, waitMs: null, runMs: null };
  const [under] = (await historyOf(lab)).minutes;
  expect(under).toEqual({ ...nothing, at: first, pushed: 2, waiting: 2, oldestDueAgeMs: 3_000 });
  pass(2 * MINUTE - 3_000);
  const { tasks } = await lab.call("POST", "/poll", { worker: "w" });
  pass(1_000);
  const [{ id, lease }] = tasks;
  await lab.call("POST", "/events", { events: [{ type: "ack", id, lease, result: { ok: 1 } }] });
  const { minutes, hours } = await historyOf(lab);
  const wait = { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) };
  const ack = { done: 1, waitMs: wait, runMs: wait, waiting: 1 };
  expect(minutes).toEqual([
    { ...nothing, at: first, pushed: 2, waiting: 2, oldestDueAgeMs: 50_000 },
    { ...nothing, at: first + 2 * MINUTE, ...ack, oldestDueAgeMs: 2 * MINUTE + 1_000 },
  ]);
  expect(hours).toEqual([
    { ...nothing, at: beginning(first, HOUR), pushed: 2, ...ack, oldestDueAgeMs: 2 * MINUTE + 1_000 },
  ]);
});

test("a minute leaves after an hour, an hour after a week", async () => {
  const lab = new Lab();
  const first = beginning(Date.now(), MINUTE);
  await lab.push();
  pass(59 * MINUTE);
  expect((await historyOf(lab)).minutes.map(({ at }) => at)).toEqual([first]);
  pass(MINUTE);
  expect(await historyOf(lab)).toMatchObject({ minutes: [], hours: [{ at: beginning(first, HOUR), waiting: 1 }] });
  pass(167 * HOUR);
  await lab.push();
  const last = { at: beginning(Date.now(), MINUTE), pushed: 1, waiting: 2 };
  expect(await historyOf(lab)).toMatchObject({ minutes: [last], hours: [last] });
});

test("is not lost in sleep, nor in a transaction that fails", async () => {
  const lab = new Lab();
  await lab.push();
  pass(MINUTE);
  await lab.push();
  const before = await historyOf(lab);
  await lab.evict();
  expect(await historyOf(lab)).toEqual(before);
  pass(MINUTE);
  await runInDurableObject(lab.stub, (_, { storage }) =>
    storage.sql.exec(
      "CREATE TRIGGER no BEFORE INSERT ON state WHEN new.name = 'tally' BEGIN SELECT raise(ABORT, 'no'); END",
    ),
  );
  expect(await lab.push()).toMatchObject({ status: 500 });
  await runInDurableObject(lab.stub, (_, { storage }) => storage.sql.exec("DROP TRIGGER no"));
  const still = await historyOf(lab);
  expect(still.minutes.map(({ pushed }) => pushed)).toEqual([1, 1]);
  await lab.push();
  expect((await historyOf(lab)).minutes.map(({ pushed }) => pushed)).toEqual([1, 1, 1]);
});

test("goes with the queue", async () => {
  const lab = new Lab();
  await lab.push();
  pass(MINUTE);
  await lab.push();
  await lab.call("DELETE", "");
  expect(await historyOf(lab)).toEqual({ minutes: [], hours: [] });
  await lab.push();
  expect((await historyOf(lab)).minutes).toMatchObject([{ pushed: 1, waiting: 1 }]);
});
