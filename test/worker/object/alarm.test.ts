import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Dice } from "../../support/dice.ts";
import { type End, freezeTime, Lab, pass, thawTime } from "./lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;
/** Alarms that fire once all is over: one set too early, a report to the directory, and one set beside it. */
const LEFTOVERS = 3;

/** Lets time pass until no alarm is left, and tells how often one fired. */
async function exhausted(lab: Lab): Promise<number> {
  for (let fired = 0; fired < 20; fired++) {
    const at = await lab.alarmAt();
    if (at === null) return fired;
    pass(Math.max(0, at - Date.now()));
    await lab.alarm();
  }
  throw new Error("the alarm never ends");
}

describe("an idle queue has no alarm", () => {
  test("that was never used", async () => {
    const lab = new Lab();
    const socket = await lab.open();
    socket.send({ type: "watch", ref: "w", topics: ["stats"] }, { type: "wait", ref: "x", ids: ["nobody"] });
    await socket.settled();
    await lab.call("GET", "/tasks");
    expect(await lab.alarmAt()).toBeNull();
    expect(await lab.rows("SELECT name FROM sqlite_master WHERE name = 'task'")).toEqual([]);
  });

  test("that is empty again, after the leftover one", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    await lab.call("DELETE", `/tasks/${id}`);
    expect(await exhausted(lab)).toBeLessThanOrEqual(LEFTOVERS);
  });

  test("whose workers wait with credit, and ping", async () => {
    const lab = new Lab();
    await lab.worker({ credit: 5 });
    expect(await exhausted(lab)).toBeLessThanOrEqual(LEFTOVERS);
    await lab.evict();
    await lab.call("GET", "/tasks");
    expect(await lab.alarmAt()).toBeNull();
  });

  test("with a backlog and a delayed task for which nobody waits", async () => {
    const lab = new Lab();
    await lab.push();
    await lab.push({ delayMs: 3_600_000 });
    await lab.worker({ credit: 0 });
    expect(await exhausted(lab)).toBeLessThanOrEqual(LEFTOVERS);
  });

  test("that is paused, though somebody waits for what is delayed", async () => {
    const lab = new Lab();
    await lab.call("PATCH", "/config", { paused: true });
    await lab.worker({ credit: 1 });
    await lab.push({ delayMs: 3_600_000 });
    expect(await exhausted(lab)).toBeLessThanOrEqual(LEFTOVERS);
    await lab.call("PATCH", "/config", { paused: false });
    expect(await lab.alarmAt()).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  test("with terminal tasks that are kept for ever", async () => {
    const lab = new Lab();
    await lab.call("PATCH", "/config", { retention: { doneMs: null, killedMs: null } });
    const { id } = await lab.push();
    await lab.call("POST", `/tasks/${id}/cancel`);
    expect(await exhausted(lab)).toBeLessThanOrEqual(LEFTOVERS);
  });

  test("and one with terminal tasks wakes for its retention alone", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    await lab.call("POST", `/tasks/${id}/cancel`);
    const begun = Date.now();
    expect(await exhausted(lab)).toBeLessThanOrEqual(2 + 2 * LEFTOVERS);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(14 * 86_400_000);
    expect(await lab.rows("SELECT seq FROM task")).toEqual([]);
  });
});

test("a half-dead socket with credit and a backlog is looked at now and then, not all the time", async () => {
  const lab = new Lab();
  const worker = await lab.worker({ credit: 5 });
  await lab.push();
  await worker.settled();
  pass(ORPHAN_MS);
  await lab.alarms();
  expect(worker.unread()).toMatchObject([{ type: "lost" }]);
  for (let looks = 0; looks < 3; looks++) {
    expect(await lab.alarmAt()).toBeGreaterThan(Date.now());
    pass(ORPHAN_MS);
    await lab.alarms();
  }
  expect(worker.unread()).toEqual([]);
  worker.send({ type: "unwait", ref: "alive" });
  expect(await worker.settled()).toMatchObject([{ type: "tasks" }, { type: "idle" }]);
});

interface Model {
  readonly lab: Lab;
  readonly dice: Dice;
  readonly ends: { end: End & { session: string }; heardAt: number }[];
}

/** The earliest instant by which the object must wake, from the rows and what the test knows of its workers. */
async function deadline({ lab, ends }: Model): Promise<number> {
  const leased = await lab.rows(
    `SELECT status, lock_at, deadline, (SELECT worker FROM session WHERE id = holder) AS worker FROM task WHERE lease IS NOT NULL`,
  );
  const instants = leased.flatMap(({ status, lock_at, deadline, worker }) => [
    status === 1 ? lock_at + ORPHAN_MS : Number.POSITIVE_INFINITY,
    deadline ?? Number.POSITIVE_INFINITY,
    Math.max(ends[Number(worker)]?.heardAt ?? 0, lock_at) + ORPHAN_MS,
  ]);
  const credit = ends.some(({ end }) => creditOf(end) > 0);
  const [next] = await lab.rows(`SELECT min(run_at) AS at FROM task WHERE status IN (0, 4) AND run_at > ${Date.now()}`);
  return Math.min(...instants, credit ? (next.at ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY);
}

/** What the worker was given so far, and what it was sent of it. */
const creditOf = (end: End & { given?: number }): number =>
  (end.given ?? 0) - end.frames.reduce((sum, { tasks }) => sum + (tasks?.length ?? 0), 0);

const STEPS = 60;

test.each([1, 2, 3])(
  "the alarm is never later than the earliest deadline, whatever happens (seed %i)",
  async (seed) => {
    const lab = new Lab();
    const dice = new Dice(seed);
    const model: Model = { lab, dice, ends: [] };
    await lab.push({ delayMs: 1 });
    for (const worker of ["0", "1"]) {
      const end = await lab.worker({ worker, credit: 1, autoStart: worker === "1" });
      model.ends.push({ end: Object.assign(end, { given: 1 }), heardAt: Date.now() });
    }
    for (let step = 0; step < STEPS; step++) {
      await act(model);
      const at = await lab.alarmAt();
      const wanted = await deadline(model);
      if (wanted < Number.POSITIVE_INFINITY) expect(at, `step ${step}`).not.toBeNull();
      expect(at ?? Number.POSITIVE_INFINITY, `step ${step}`).toBeLessThanOrEqual(Math.max(wanted, Date.now()));
      const [counted] = await lab.rows("SELECT body FROM state WHERE name = 'tally'");
      const rows = await lab.rows("SELECT count(*) AS n FROM task");
      const counts = Object.values(JSON.parse(counted.body).counts as Record<string, number>);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(rows[0].n);
    }
  },
);

async function act({ lab, dice, ends }: Model): Promise<void> {
  const one = ends[dice.below(ends.length)];
  if (!one) return;
  const tasks = one.end.frames.flatMap((frame) => frame.tasks ?? []);
  const task = tasks[dice.below(Math.max(1, tasks.length))] ?? { id: "x", lease: "y" };
  const say = async (frame: object) => {
    one.end.send(frame);
    one.heardAt = Date.now();
    await one.end.settled();
  };
  const report = (event: object) =>
    say({ type: "events", ref: "e", events: [{ id: task.id, lease: task.lease, ...event }] });
  switch (dice.below(11)) {
    case 0:
      return void (await lab.push({ timeoutMs: 1 + dice.below(100_000) }));
    case 1:
      return void (await lab.push({ delayMs: dice.below(100_000) }));
    case 2:
      Object.assign(one.end, { given: ((one.end as { given?: number }).given ?? 0) + 2 });
      return say({ type: "credit", credit: 2 });
    case 3:
      return report({ type: "start" });
    case 4:
      return report({ type: "ack", result: dice.below(2) === 0 ? { ok: 1 } : { err: "no" } });
    case 5:
      return report({ type: "extend", timeoutMs: 1 + dice.below(50_000) });
    case 6:
      return report({ type: "snooze", delayMs: dice.below(50_000) });
    case 7:
      return lab.evict();
    case 8:
      return void (await lab.call("POST", `/tasks/${task.id}/reschedule`, { delayMs: dice.below(50_000) }));
    default:
      pass(dice.below(40_000));
      return lab.alarms();
  }
}
