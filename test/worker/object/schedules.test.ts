// Schedules on real objects: the alarm ticks them, whoever waits is given their tasks, and sleep loses nothing.
import { afterEach, beforeEach, expect, test } from "vitest";
import { freezeTime, Lab, pass, thawTime } from "./lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const MINUTE = 60_000;

async function scheduled(more: object = {}, task: object = {}) {
  const lab = new Lab();
  const at = Date.now();
  const body = { everyMs: MINUTE, ...more, task: { args: { n: 1 }, ...task } };
  const schedule = await lab.call("PUT", "/schedules/s", body);
  return { lab, at, schedule };
}

const keysIn = async (lab: Lab) =>
  (await lab.call("GET", "/tasks?order=oldest")).tasks.map((task: { idempotencyKey: string }) => task.idempotencyKey);
const keyAt = (at: number) => `schedule/s/${new Date(at).toISOString()}`;

test("a schedule is told as it was set, with its next five ticks, and is the first use of its queue", async () => {
  const { lab, at, schedule } = await scheduled({}, { args: { big: 1, list: [1, 2] }, priority: 2, meta: { a: "b" } });
  expect(schedule).toEqual({
    ...{ name: "s", everyMs: MINUTE, missed: "one", overlap: "allow", paused: false },
    task: { args: { big: 1, list: [1, 2] }, priority: 2, meta: { a: "b" } },
    ...{ createdAt: at, updatedAt: at, ticks: 0, skipped: 0 },
    next: [1, 2, 3, 4, 5].map((n) => at + n * MINUTE),
  });
  expect(await lab.call("GET", "/schedules")).toEqual({ schedules: [schedule] });
  expect(await lab.call("GET", "/schedules/s")).toEqual(schedule);
  expect(await lab.alarmAt()).toBeLessThanOrEqual(at + MINUTE);
});

test("a tick is given to a worker that waits, by the alarm, and the next alarm is the next tick's", async () => {
  const { lab, at } = await scheduled();
  const worker = await lab.worker({ credit: 5, autoStart: true });
  await lab.alarms();
  await worker.settled();
  pass(MINUTE);
  await lab.alarms();
  const [frame] = (await worker.settled()).filter(({ type }) => type === "tasks");
  expect(frame.tasks).toMatchObject([{ args: { n: 1 }, idempotencyKey: keyAt(at + MINUTE), status: "Running" }]);
  expect(await lab.call("GET", "/schedules/s")).toMatchObject({
    ...{ ticks: 1, lastAt: at + MINUTE, lastTask: frame.tasks[0].id },
  });
  expect(await lab.alarmAt()).toBeLessThanOrEqual(at + 2 * MINUTE);
});

test("an object that was evicted ticks all the same, each tick once", async () => {
  const { lab, at } = await scheduled({ missed: "all" });
  for (let round = 1; round <= 3; round++) {
    await lab.evict();
    pass(MINUTE);
    await lab.alarms();
    await lab.evict();
    await lab.alarms();
  }
  expect(await keysIn(lab)).toEqual([1, 2, 3].map((n) => keyAt(at + n * MINUTE)));
});

test("ticks that were missed by the hundred follow slice by slice, without another alarm than their own", async () => {
  const { lab, at } = await scheduled({ missed: "all" });
  pass(250 * MINUTE);
  await lab.alarms();
  expect(await lab.call("GET", "/schedules/s")).toMatchObject({ ticks: 250, lastAt: at + 250 * MINUTE });
  expect(await lab.rows("SELECT count(DISTINCT idem_key) AS n FROM task")).toEqual([{ n: 250 }]);
});

test("a paused queue still takes ticks, a paused schedule has none and sets no alarm", async () => {
  const { lab } = await scheduled();
  await lab.call("PATCH", "/config", { paused: true });
  pass(MINUTE);
  await lab.alarms();
  expect(await keysIn(lab)).toHaveLength(1);
  expect(await lab.call("PATCH", "/schedules/s", { paused: true })).toMatchObject({ paused: true, next: [] });
  for (let at = await lab.alarmAt(); at !== null; at = await lab.alarmAt()) {
    pass(Math.max(0, at - Date.now()));
    await lab.alarm();
  }
  expect(await keysIn(lab)).toHaveLength(1);
});

test("what is run by hand is pushed at once; what is deleted is gone, and its tasks stay", async () => {
  const { lab } = await scheduled();
  const run = await lab.call("POST", "/schedules/s/run");
  expect(run).toMatchObject({ status: "Pending", created: true });
  expect((await lab.task(run.id)).args).toEqual({ n: 1 });
  expect(await lab.call("DELETE", "/schedules/s")).toBeNull();
  expect(await lab.call("GET", "/schedules/s")).toMatchObject({ code: "schedule_not_found" });
  pass(5 * MINUTE);
  await lab.alarms();
  expect((await lab.call("GET", "/tasks")).tasks).toHaveLength(1);
});

test("a queue that is dropped has no schedules when it comes back, and no alarm of theirs", async () => {
  const { lab } = await scheduled();
  await lab.call("DELETE", "");
  expect(await lab.alarmAt()).toBeNull();
  await lab.push();
  expect(await lab.call("GET", "/schedules")).toEqual({ schedules: [] });
  pass(5 * MINUTE);
  await lab.alarms();
  expect((await lab.call("GET", "/tasks")).tasks).toHaveLength(1);
});

test("of a queue that was never used there are none, and asking does not create it", async () => {
  const lab = new Lab();
  expect(await lab.call("GET", "/schedules")).toEqual({ schedules: [] });
  for (const [method, below, body] of [
    ["GET", "/schedules/s"],
    ["DELETE", "/schedules/s"],
    ["POST", "/schedules/s/run"],
    ["PATCH", "/schedules/s", { paused: true }],
  ] as const) {
    expect(await lab.call(method, below, body)).toMatchObject({ status: 404, code: "schedule_not_found" });
  }
  expect(await lab.call("PUT", "/schedules/s", { cron: "x x x x x", task: { args: 1 } })).toMatchObject({
    ...{ status: 400, path: "cron" },
  });
  expect(await lab.rows("SELECT name FROM sqlite_master WHERE name = 'task'")).toEqual([]);
});
