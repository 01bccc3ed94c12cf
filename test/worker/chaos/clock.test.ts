// The server's clock leaps ahead, and back: nothing is lost, nothing is stuck for longer than the leap.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freezeTime, Lab, pass, thawTime } from "../object/lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const HOUR_MS = 3_600_000;
const ORPHAN_MS = 60_000;
const LEAPS: Readonly<Record<string, readonly number[]>> = {
  ahead: [HOUR_MS],
  back: [-HOUR_MS],
  "ahead and back": [HOUR_MS, -HOUR_MS],
  "back and ahead": [-HOUR_MS, HOUR_MS],
};

/** What the worker has been sent so far. */
const sent = (end: { frames: { tasks?: { id: string; lease: string }[] }[] }) =>
  end.frames.flatMap(({ tasks }) => tasks ?? []);

describe.each(Object.entries(LEAPS))("a clock that leaps %s", (_, leaps) => {
  test("ids and times of creation go on growing, and all that was pushed is listed in order", async () => {
    const lab = new Lab();
    const ids = [(await lab.push()).id];
    for (const leap of leaps) {
      pass(leap);
      ids.push((await lab.push()).id, (await lab.push()).id);
    }
    expect([...ids].sort()).toEqual(ids);
    const { tasks } = await lab.call("GET", "/tasks?order=oldest");
    expect(tasks.map(({ id }: { id: string }) => id)).toEqual(ids);
    const created = tasks.map(({ createdAt }: { createdAt: number }) => createdAt);
    expect(created.toSorted((a: number, b: number) => a - b)).toEqual(created);
  });

  test("a worker that lives goes on being given tasks, and its acks are taken", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 10, autoStart: true });
    for (const leap of [...leaps, 0]) {
      const { id } = await lab.push({ runAt: Date.now() - 2 * HOUR_MS });
      await worker.settled();
      const task = sent(worker).find((one) => one.id === id);
      expect(task).toBeDefined();
      pass(leap);
      await worker.ping();
      worker.send({ type: "events", ref: "e", events: [{ type: "ack", ...task, result: { ok: 1 } }].map(plain) });
      await worker.settled();
      await lab.alarms();
      expect(await lab.task(id)).toMatchObject({ status: "Done", attempt: 1 });
    }
  });

  test("a dead worker's lease comes back, at the latest once the leap is made up for", async () => {
    const lab = new Lab();
    const { id } = await lab.push({ backoff: { jitter: 0 } });
    await lab.call("POST", "/poll", { worker: "w" });
    for (const leap of leaps) {
      pass(leap);
      await lab.evict("close");
      await lab.alarms();
    }
    const most = HOUR_MS + 3 * ORPHAN_MS;
    for (let passed = 0; passed < most && (await lab.task(id)).status === "Running"; passed += ORPHAN_MS) {
      pass(ORPHAN_MS);
      // The platform's alarm is the wall clock's too.
      await lab.alarms();
    }
    expect(await lab.task(id)).toMatchObject({ status: "Failed", runs: [{ outcome: "orphaned" }] });
  });

  test("a delayed task comes when its instant has come, and not before", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 1 });
    const runAt = Date.now() + HOUR_MS / 2;
    const { id } = await lab.push({ runAt });
    for (const leap of leaps) {
      pass(leap);
      await lab.alarms();
      await worker.settled();
      expect(sent(worker).length, `${Date.now() - runAt}`).toBeLessThanOrEqual(
        Date.now() >= runAt ? 1 : sent(worker).length,
      );
      if (Date.now() >= runAt) expect(sent(worker)).toMatchObject([{ id }]);
    }
    if (Date.now() < runAt) {
      pass(runAt - Date.now());
      await lab.alarms();
      await worker.settled();
    }
    expect(sent(worker)).toMatchObject([{ id }]);
  });
});

const plain = ({ type, id, lease, result }: { type: string; id?: string; lease?: string; result: object }) => ({
  ...{ type, id, lease, result },
});
