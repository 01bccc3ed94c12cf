// What the store in memory does that neither the suite of the traits nor its twin shows at once.
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { occasionAt } from "../../../src/local/store.ts";
import type { Result } from "../../../src/task/result.ts";
import { Dice } from "../../support/dice.ts";
import { START } from "./bench.ts";

const DAY_MS = 86_400_000;

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

class StoreBench {
  readonly store = new MemoryStore("q", new Dice(1));
  now = START;

  on = () => occasionAt(this.now);
  push = (task: object = {}) => value(this.store.push(this.on(), [{ args: "1", ...task }]))[0]?.id ?? "";
  register = (worker: string) => value(this.store.register(this.on(), { worker })).session;

  claim(worker: string, session: string, events: Parameters<MemoryStore["claim"]>[1]["events"] = [], autoStart = true) {
    return value(this.store.claim(this.on(), { worker, session, max: 1, autoStart, events }));
  }
}

describe("revisions", () => {
  test("grow by one with each change, however many events it has, and by two when a poll gives back and takes again", () => {
    const bench = new StoreBench();
    const id = bench.push();
    const session = bench.register("w");
    const revision = () => value(bench.store.task(bench.on(), id)).revision;
    const [queued] = bench.claim("w", session, [], false).tasks;
    expect(revision()).toBe(2);
    const hold = { id, lease: queued?.lease ?? "" };
    value(
      bench.store.events(bench.on(), {}, [
        { type: "start", ...hold },
        { type: "progress", ...hold, progress: "1" },
      ]),
    );
    expect(revision()).toBe(3);
    const [again] = bench.claim("w", session, [{ type: "release", ...hold }]).tasks;
    expect(again?.revision).toBe(5);
    value(bench.store.events(bench.on(), {}, [{ type: "start", id, lease: again?.lease ?? "" }]));
    expect(revision()).toBe(5);
  });
});

describe("sessions", () => {
  test("that were silent for a day beyond their time and hold nothing are forgotten when another comes", () => {
    const bench = new StoreBench();
    const [idle, holder] = [bench.register("a"), bench.register("b")];
    bench.push();
    bench.claim("b", holder);
    const isKnown = (worker: string, session: string) => bench.store.heartbeat(bench.on(), { worker, session }).ok;
    bench.now += DAY_MS + 59_999;
    bench.register("c");
    const before = bench.now;
    bench.now = START;
    expect(isKnown("a", idle)).toBe(true);
    bench.now = before + 1;
    bench.register("d");
    expect([isKnown("a", idle), isKnown("b", holder)]).toEqual([false, true]);
  });
});

describe("a task that nobody starts", () => {
  /** Five workers take it and do not start it; `heard` is when each was last heard before its lease is overdue. */
  function five(heard: number | undefined): { readonly status: string; readonly attempt: number } {
    const bench = new StoreBench();
    const id = bench.push({ maxAttempts: 2 });
    for (const worker of ["a", "b", "c", "d", "e"]) {
      const session = bench.register(worker);
      expect(bench.claim(worker, session, [], false).tasks).toHaveLength(1);
      const claimedAt = bench.now;
      if (heard !== undefined) {
        bench.now = claimedAt + heard;
        value(bench.store.heartbeat(bench.on(), { worker, session }));
      }
      bench.now = claimedAt + 60_000;
      expect(bench.store.sweep(bench.on())).toBe(1);
    }
    return value(bench.store.task(bench.on(), id));
  }

  test("burns an attempt when five in a row have died over it", () => {
    expect(five(undefined)).toMatchObject({ status: "Pending", attempt: 1 });
  });

  test("burns one though each was heard once more, when that was long ago", () => {
    expect(five(20_000)).toMatchObject({ status: "Pending", attempt: 1 });
  });

  test("burns none for workers that live and are slow", () => {
    expect(five(59_000)).toMatchObject({ status: "Pending", attempt: 0 });
  });
});

describe("a queue that is dropped", () => {
  test("is as if it had never been used, and what was given of it is unknown to the next", () => {
    const bench = new StoreBench();
    const id = bench.push({ idempotencyKey: "k" });
    const session = bench.register("w");
    bench.store.configure(bench.on(), { paused: true });
    value(bench.store.drop(bench.on(), false));
    expect(bench.store.info(bench.on())).toMatchObject({ error: { code: "queue_not_found" } });
    expect(bench.store.config().paused).toBe(false);
    const fresh = bench.push({ idempotencyKey: "k" });
    expect(fresh).not.toBe(id);
    expect(bench.store.task(bench.on(), id)).toMatchObject({ error: { code: "task_not_found" } });
    bench.register("w");
    expect(bench.store.heartbeat(bench.on(), { worker: "w", session })).toMatchObject({
      error: { code: "worker_not_found" },
    });
    expect(bench.store.stats(bench.on())).toMatchObject({ counts: { Pending: 1 }, activity: [0, 0, 0, 0, 0, 0, 1] });
  });
});
