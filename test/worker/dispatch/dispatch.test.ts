// A queue with a consumer in code: real objects, which call a consumer of the test's own.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../../../src/http/app.ts";
import type { ConsumerResult } from "../../../src/outbound/consumer-call.ts";
import { freezeTime, Lab, pass, thawTime, until } from "../object/lab.ts";
import { billOf } from "../support/bill.ts";
import { allDone, Scene } from "./scene.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;

describe("a queue whose code has a consumer", () => {
  test("hands it a task that is pushed, and keeps the result, attempt and run", async () => {
    const scene = new Scene();
    const { id } = await scene.push({ args: { to: "a" }, meta: { traceparent: "00-1-2-01" } });
    await scene.ended(id, "Done");
    expect(scene.calls).toMatchObject([
      {
        queue: scene.queue,
        tasks: [{ id, args: { to: "a" }, attempt: 1, maxAttempts: 5, meta: { traceparent: "00-1-2-01" } }],
      },
    ]);
    expect(await scene.task(id)).toMatchObject({
      attempt: 1,
      lastResult: { ok: { to: "a" } },
      runs: [{ attempt: 1, worker: "consumer", outcome: "done" }],
    });
  });

  test("is listed with it as a worker that is alive and holds its leases", async () => {
    const scene = new Scene();
    const open = scene.gate();
    const [id = ""] = await scene.pushAll(3);
    await scene.called(1);
    const { workers } = await scene.call("GET", "/workers");
    expect(workers).toMatchObject([{ id: "consumer", alive: true, leases: 3 }]);
    open();
    await scene.ended(id, "Done");
  });

  test("makes calls of at most batchSize tasks, and no more than concurrency at a time", async () => {
    const scene = new Scene({ batchSize: 4, concurrency: 2 });
    const open = scene.gate();
    const ids = await scene.pushAll(10);
    await scene.called(2);
    expect((await scene.call("GET", "")).counts).toMatchObject({ Running: 8, Pending: 2 });
    open();
    for (const id of ids) await scene.ended(id, "Done");
    expect([scene.sizes(), scene.most]).toEqual([[4, 4, 2], 2]);
  });

  test("takes results one by one: done, failed with a wait, aborted, snoozed, and one that is missing", async () => {
    const scene = new Scene();
    scene.answer = ({ tasks }) =>
      tasks.flatMap(({ id, args }): ConsumerResult[] => {
        if (args === 0) return [{ id, ok: "fine", logs: ["INFO sent"] }];
        if (args === 1) return [{ id, err: "busy", retryAfterMs: 7_000 }];
        if (args === 2) return [{ id, err: "never", abort: true }];
        return args === 3 ? [{ id, snoozeMs: 9_000 }] : [];
      });
    const ids = await scene.pushAll(5);
    await scene.ended(ids[2] ?? "", "Killed");
    const [done, failed, killed, snoozed, missing] = await Promise.all(ids.map((id) => scene.task(id)));
    expect(done).toMatchObject({ status: "Done", lastResult: { ok: "fine" }, runs: [{ logs: ["INFO sent"] }] });
    expect(failed).toMatchObject({ status: "Failed", runAt: Date.now() + 7_000, lastResult: { err: "busy" } });
    expect(killed).toMatchObject({ status: "Killed", lastResult: { err: "never" } });
    expect(snoozed).toMatchObject({ status: "Pending", runAt: Date.now() + 9_000 });
    expect(missing).toMatchObject({ status: "Failed" });
    expect(missing.lastResult.err).toContain("did not say what became of this task");
  });

  test("fails all tasks of a call that throws, and tries them again when their backoff is over", async () => {
    const scene = new Scene();
    scene.answer = () => {
      throw new Error("no such host");
    };
    const [id = ""] = await scene.pushAll(2);
    await scene.ended(id, "Failed");
    expect(await scene.task(id)).toMatchObject({
      attempt: 1,
      lastResult: { err: expect.stringContaining("no such host") },
    });
    scene.answer = allDone;
    pass(2_000);
    await scene.alarms();
    await scene.ended(id, "Done");
    expect(await scene.task(id)).toMatchObject({ attempt: 2 });
  });

  test("fails a task whose result the queue does not take, and no other", async () => {
    const scene = new Scene();
    scene.answer = ({ tasks }) => tasks.map(({ id, args }) => ({ id, ok: args === 0 ? "x".repeat(300_000) : 1 }));
    const [large = "", small = ""] = await scene.pushAll(2);
    await scene.ended(small, "Done");
    expect(await scene.task(large)).toMatchObject({
      status: "Failed",
      lastResult: { err: expect.stringContaining("result.ok") },
    });
  });

  test("hands out nothing while it is paused, and all of it afterwards", async () => {
    const scene = new Scene();
    await scene.call("PATCH", "/config", { paused: true });
    const { id } = await scene.push();
    expect((await scene.task(id)).status).toBe("Pending");
    await scene.call("PATCH", "/config", { paused: false });
    await scene.ended(id, "Done");
    expect(scene.sizes()).toEqual([1]);
  });

  test("takes a scheduled task when it is due, by the alarm alone", async () => {
    const scene = new Scene();
    const { id } = await scene.push({ delayMs: 5_000 });
    expect(scene.calls).toEqual([]);
    pass(5_000);
    await scene.alarms();
    await scene.ended(id, "Done");
  });
});

describe("a call", () => {
  test("of a cancelled task is told that nobody waits for it, and its place is free", async () => {
    const scene = new Scene({ concurrency: 1 });
    let told = 0;
    const open = scene.gate();
    const { id } = await scene.push();
    await scene.called(1);
    void scene.calls[0]?.aborted?.().then(() => told++);
    await scene.call("POST", `/tasks/${id}/cancel`);
    expect((await scene.task(id)).status).toBe("Killed");
    await until(() => told === 1, "the call was told");
    open();
    const next = await scene.push();
    await scene.ended(next.id, "Done");
    expect((await scene.task(id)).lastResult).not.toHaveProperty("ok");
  });

  test("is given args of a codec as they are, and the codec", async () => {
    const scene = new Scene();
    scene.answer = ({ tasks }) => tasks.map(({ id }) => ({ id, ok: "kQI=" }));
    const { id } = await scene.push({ args: "kQE=", codec: "msgpack" });
    await scene.ended(id, "Done");
    expect(scene.calls[0]?.tasks).toMatchObject([{ args: "kQE=", codec: "msgpack" }]);
    expect(await scene.task(id)).toMatchObject({ codec: "msgpack", lastResult: { ok: "kQI=" } });
  });

  test("goes on for the tasks whose leases it still holds", async () => {
    const scene = new Scene();
    const open = scene.gate();
    const [gone = "", kept = ""] = await scene.pushAll(2);
    await scene.called(1);
    await scene.call("POST", `/tasks/${gone}/cancel`);
    open();
    await scene.ended(kept, "Done");
    expect((await scene.task(gone)).status).toBe("Killed");
  });

  test("that lasts longer than timeoutMs has failed", async () => {
    const scene = new Scene({ timeoutMs: 20 });
    const open = scene.gate();
    const { id } = await scene.push();
    await scene.ended(id, "Failed");
    open();
    expect((await scene.task(id)).lastResult.err).toContain("longer than the 20 ms");
  });

  test("loses a task that runs longer than the task's own timeout", async () => {
    const scene = new Scene();
    const open = scene.gate();
    const { id } = await scene.push({ timeoutMs: 3_000 });
    await scene.called(1);
    pass(3_000);
    await scene.alarms();
    open();
    expect(await scene.task(id)).toMatchObject({ status: "Failed", runs: [{ outcome: "timeout" }] });
  });

  test("that outlives the deadline of workers keeps its leases for as long as the object lives", async () => {
    const scene = new Scene();
    const open = scene.gate();
    const { id } = await scene.push();
    await scene.called(1);
    for (let minutes = 0; minutes < 3; minutes++) {
      pass(ORPHAN_MS);
      await scene.alarms();
    }
    expect((await scene.task(id)).status).toBe("Running");
    open();
    await scene.ended(id, "Done");
  });

  test("that is not full waits for company for batchWaitMs, and its tasks are leased to nobody meanwhile", async () => {
    const scene = new Scene({ batchSize: 3, batchWaitMs: 60_000 });
    const ids = await scene.pushAll(2);
    expect((await scene.task(ids[0] ?? "")).status).toBe("Pending");
    expect(scene.calls).toEqual([]);
    ids.push((await scene.push({ args: 2 })).id);
    for (const id of ids) await scene.ended(id, "Done");
    expect(scene.sizes()).toEqual([3]);
    expect(await scene.task(ids[0] ?? "")).toMatchObject({ attempt: 1, runs: [{ attempt: 1, outcome: "done" }] });
  });

  test("begins without company when the wait is over, though the object slept through it", async () => {
    const scene = new Scene({ batchSize: 3, batchWaitMs: 20_000 });
    const [id = ""] = await scene.pushAll(4);
    await scene.ended(id, "Done");
    expect(scene.sizes()).toEqual([3]);
    await scene.evict();
    pass(20_000);
    await scene.alarms();
    await scene.called(2);
    expect(scene.sizes()).toEqual([3, 1]);
  });

  test("begins no sooner than perSecond allows: the alarm sees to the rest", async () => {
    const scene = new Scene({ batchSize: 1, perSecond: 2 });
    const ids = await scene.pushAll(3);
    for (const id of ids.slice(0, 2)) await scene.ended(id, "Done");
    expect(scene.sizes()).toEqual([1, 1]);
    pass(1_000);
    await scene.alarms();
    await scene.ended(ids[2] ?? "", "Done");
  });
});

describe("an object that ended during a call", () => {
  test("leaves its leases to the sweep: they are orphaned, and tried again", async () => {
    const scene = new Scene();
    const open = scene.gate();
    const { id } = await scene.push();
    await scene.called(1);
    await scene.crash();
    scene.answer = allDone;
    // Others come and go meanwhile, and do not keep the old leases alive.
    const other = await scene.push();
    await scene.ended(other.id, "Done");
    for (let minutes = 0; minutes < 3; minutes++) {
      pass(ORPHAN_MS);
      await scene.alarms();
    }
    await scene.ended(id, "Done");
    open();
    expect(await scene.task(id)).toMatchObject({ runs: [{ outcome: "orphaned" }, { outcome: "done" }] });
  });

  test("takes up what waits as soon as it starts", async () => {
    const scene = new Scene({ concurrency: 1, batchSize: 1 });
    const open = scene.gate();
    const [, waiting = ""] = await scene.pushAll(2);
    await scene.called(1);
    await scene.crash();
    scene.answer = allDone;
    await scene.ended(waiting, "Done");
    open();
  });
});

describe("a queue that was dropped", () => {
  test("gives up its calls, and begins anew with the next task", async () => {
    const scene = new Scene();
    const open = scene.gate();
    await scene.push();
    await scene.called(1);
    await scene.call("DELETE", "?force=true");
    scene.answer = allDone;
    const { id } = await scene.push();
    await scene.ended(id, "Done");
    open();
    await until(() => scene.running === 0, "the old call ended");
    expect((await scene.call("GET", "")).counts).toMatchObject({ Done: 1, Running: 0 });
  });
});

describe("a queue that has sockets as well", () => {
  test("shares a push among them and its calls", async () => {
    const scene = new Scene({ batchSize: 1, concurrency: 2 });
    const open = scene.gate();
    const worker = await scene.worker({ credit: 4 });
    await scene.pushAll(6);
    await scene.called(2);
    const frames = await worker.settled();
    expect(frames.flatMap(({ tasks = [] }) => tasks)).toHaveLength(4);
    expect(scene.sizes()).toEqual([1, 1]);
    open();
    await until(() => scene.running === 0, "the calls ended");
  });
});

describe("settings in code", () => {
  test("hold until they are changed, field by field; both are shown", async () => {
    const scene = new Scene({ config: { orphanAfterMs: 20_000, defaults: { maxAttempts: 2 } } });
    await scene.call("PATCH", "/config", { defaults: { maxAttempts: 7 } });
    expect(await scene.call("GET", "/config")).toMatchObject({
      orphanAfterMs: 20_000,
      defaults: { maxAttempts: 7 },
      code: { orphanAfterMs: 20_000, defaults: { maxAttempts: 2 } },
      set: { defaults: { maxAttempts: 7 } },
    });
    const { id } = await scene.push();
    await scene.ended(id, "Done");
    expect(await scene.task(id)).toMatchObject({ maxAttempts: 7 });
  });

  test("of a queue that was never used are shown, and make no tables", async () => {
    const scene = new Scene({ max_retries: 3, retry_delay: 30 });
    const defaults = { maxAttempts: 4, backoff: { type: "fixed", baseMs: 30_000 } };
    expect(await scene.call("GET", "/config")).toMatchObject({ defaults, code: { defaults }, set: {} });
    expect(await scene.rows("SELECT name FROM sqlite_master WHERE name = 'task'")).toEqual([]);
    expect(await scene.alarmAt()).toBeNull();
  });
});

describe("a dead letter queue", () => {
  test("is given a copy of each task that fails for good, once, and of no other", async () => {
    const dead = new Lab();
    const scene = new Scene({ max_retries: 0, dead_letter_queue: dead.queue });
    scene.answer = ({ tasks }) =>
      tasks.map(({ id, args }) => (args === "bad" ? { id, err: "no", logs: [] } : { id, ok: 1 }));
    const [bad, good] = [await scene.push({ args: "bad" }), await scene.push({ args: "good" })];
    await scene.ended(bad.id, "Killed");
    await scene.ended(good.id, "Done");
    const { tasks } = await dead.call("GET", "/tasks");
    expect(tasks).toMatchObject([
      { args: "bad", status: "Pending", meta: { deadLetterOf: bad.id, deadLetterFrom: scene.queue } },
    ]);
  });
});

describe("an app without queues", () => {
  test("in the same Worker leaves what others declared", async () => {
    const scene = new Scene();
    createApp();
    const { id } = await scene.push();
    await scene.ended(id, "Done");
  });
});

describe("what a consumer costs", () => {
  test("a hundred tasks in ten calls write what they would for a worker that polls ten at a time", async () => {
    const scene = new Scene({ concurrency: 1 });
    await scene.ended((await scene.push()).id, "Done");
    const paid = await billOf(scene.stub);
    const ids = await scene.pushAll(100);
    for (const id of ids) await scene.ended(id, "Done");
    const { task, session } = paid();
    expect(scene.sizes().slice(1)).toEqual(Array(10).fill(10));
    const lab = new Lab();
    await lab.call("POST", "/poll", { worker: "w", max: 1 });
    const paidByWorker = await billOf(lab.stub);
    await lab.call(
      "POST",
      "/tasks",
      ids.map(() => ({ args: 1 })),
    );
    let events: object[] = [];
    for (let polls = 0; polls < 11; polls++) {
      const { tasks } = await lab.call("POST", "/poll", { worker: "w", max: 10, autoStart: true, events });
      events = tasks.map(({ id, lease }: { id: string; lease: string }) => ({
        type: "ack",
        id,
        lease,
        result: { ok: 1 },
      }));
    }
    expect(task).toBeLessThanOrEqual(paidByWorker().task);
    expect(session).toBe(0);
  });

  test("an instance that starts and finds nothing to do writes nothing, and sets no alarm", async () => {
    const scene = new Scene();
    await scene.call("PATCH", "/config", { retention: { doneMs: null } });
    await scene.ended((await scene.push()).id, "Done");
    for (let rounds = 0; rounds < 3; rounds++) {
      pass(ORPHAN_MS);
      await scene.alarms();
    }
    await scene.evict();
    const paid = await billOf(scene.stub);
    await scene.call("GET", "");
    expect(paid()).toEqual({ task: 0, session: 0, state: 0, alarms: 0 });
    expect(await scene.alarmAt()).toBeNull();
  });

  test("an idle queue with a consumer is as quiet as any: its last alarm sets no other", async () => {
    const scene = new Scene();
    await scene.ended((await scene.push()).id, "Done");
    await scene.call("PATCH", "/config", { retention: { doneMs: null } });
    for (let rounds = 0; rounds < 3; rounds++) {
      pass(ORPHAN_MS);
      await scene.alarms();
    }
    expect(await scene.alarmAt()).toBeNull();
  });

  test("a queue without one has no session of the queue's own", async () => {
    const lab = new Lab();
    await lab.push();
    expect(await lab.rows("SELECT worker FROM session")).toEqual([]);
  });
});
