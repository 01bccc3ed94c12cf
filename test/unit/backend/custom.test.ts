import { describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { custom } from "../../../src/backend/custom.ts";
import type { FetchedTask } from "../../../src/backend/fetched.ts";
import type { HolderReport } from "../../../src/backend/holder-report.ts";
import type { Handler } from "../../../src/backend/layer.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import type { LeasedTask } from "../../../src/backend/task.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";
import { FakeWorker } from "../../support/fake-worker.ts";

const strategy = interval(100);

/** A program's own table of texts, and a backend over it. */
function table(texts: readonly string[]) {
  const rows: FetchedTask<string>[] = texts.map((args, n) => ({ id: `r${n}`, lease: `l${n}`, args }));
  const asked: { readonly worker: string; readonly max: number }[] = [];
  const reports: HolderReport<number>[] = [];
  const clock = new VirtualClock();
  const functions = {
    clock,
    strategy,
    fetcher: async ({ id }: { readonly id: string }, max: number) => {
      asked.push({ worker: id, max });
      return rows.splice(0, max);
    },
    ack: async (report: HolderReport<number>): Promise<unknown> => reports.push(report),
  };
  return { rows, asked, reports, clock, functions };
}

/** Runs a worker for so long, and stops it. */
async function run<Args, Out>(
  backend: Backend<Args, Out>,
  clock: VirtualClock,
  handler: Handler<Args, Out>,
  { ms = 1_000, ...options }: { ms?: number; concurrency?: number; prefetch?: number } = {},
): Promise<WorkerEvent[]> {
  const events: WorkerEvent[] = [];
  const worker = new Worker("w", backend, handler, { clock, onEvent: (event) => events.push(event), ...options });
  worker.closed.catch(() => undefined);
  await clock.advance(ms);
  const stopped = worker.stop();
  await clock.advance(1);
  await stopped;
  return events;
}

describe("a backend of a fetcher and a strategy", () => {
  test("is enough for a worker", async () => {
    const { clock, functions, asked } = table(["a", "bb", "ccc"]);
    const { ack: _, ...least } = functions;
    const seen: LeasedTask[] = [];
    const events = await run(custom(least), clock, (args, context) => {
      seen.push(context.task);
      return args.length;
    });
    expect(seen).toMatchObject([
      { id: "r0", lease: "l0", args: "a", status: "Running", attempt: 1, queue: "custom", codec: "json" },
      { args: "bb" },
      { args: "ccc" },
    ]);
    expect(asked[0]).toEqual({ worker: expect.stringMatching(/^w-/), max: 1 });
    expect(events.filter(({ type }) => type === "success")).toHaveLength(3);
  });

  test("asks for no more than there is room for, when the strategy says so", async () => {
    const { clock, functions, asked } = table([]);
    await run(custom(functions), clock, () => 0, { concurrency: 7, ms: 350 });
    expect(asked.map(({ max }) => max)).toEqual([7, 7, 7, 7]);
  });

  test("makes a lease where the fetcher has none, and keeps what it has", async () => {
    const clock = new VirtualClock();
    const tasks = [{ id: "x", args: 1, attempt: 3, status: "Queued" as const, meta: { from: "here" } }];
    const backend = custom({ clock, strategy, queue: "letters", fetcher: async () => tasks.splice(0) });
    const seen: LeasedTask[] = [];
    await run(backend, clock, (_, context) => void seen.push(context.task));
    expect(seen).toMatchObject([
      {
        lease: expect.stringMatching(/^\w{20,}$/),
        attempt: 3,
        queue: "letters",
        status: "Queued",
        meta: { from: "here" },
      },
    ]);
  });

  test("waits out what the fetcher throws, and goes on", async () => {
    const { clock, functions } = table(["a"]);
    let failures = 2;
    const fetcher: typeof functions.fetcher = async (worker, max) => {
      if (failures-- > 0) throw new Error("the database is locked");
      return functions.fetcher(worker, max);
    };
    const events = await run(custom({ ...functions, fetcher }), clock, () => 1);
    expect(events.filter(({ type }) => type === "break")).toMatchObject([
      { reason: "the database is locked" },
      { reason: "the database is locked" },
    ]);
    expect(events.filter(({ type }) => type === "success")).toHaveLength(1);
  });

  test("ends its worker when the fetcher refuses", async () => {
    const { clock, functions } = table([]);
    const fetcher = async () => {
      throw new PriniaError({ code: "forbidden", detail: "not you" });
    };
    const events = await run(custom({ ...functions, fetcher }), clock, () => 1);
    expect(events.at(-1)).toMatchObject({ type: "stop", error: { code: "forbidden" } });
  });
});

describe("ack", () => {
  test("is told how each task ended, with values", async () => {
    const { clock, functions, reports } = table(["a", "bad"]);
    await run(custom(functions), clock, (args, { logger }) => {
      logger.info("at it");
      if (args === "bad") throw new Error("boom");
      return args.length;
    });
    expect(reports).toMatchObject([
      { type: "ack", id: "r0", lease: "l0", result: { ok: 1 }, logs: [expect.stringContaining("at it")] },
      { type: "ack", id: "r1", lease: "l1", result: { err: "boom" } },
    ]);
  });

  test("is told of starts, progress, more time and snoozes, in order", async () => {
    const { clock, functions, reports, rows } = table([]);
    rows.push({ id: "r", lease: "l", args: "a", status: "Queued" });
    await run(custom(functions), clock, async (_, { progress, extend, snooze }) => {
      progress({ half: true });
      extend("5s");
      return snooze("1m");
    });
    expect(reports).toEqual([
      { type: "start", id: "r", lease: "l" },
      { type: "progress", id: "r", lease: "l", progress: { half: true } },
      { type: "extend", id: "r", lease: "l", timeoutMs: 5_000 },
      { type: "snooze", id: "r", lease: "l", delayMs: 60_000 },
    ]);
  });

  test("is told again after it threw, and of the others once", async () => {
    const { clock, functions } = table(["a", "b"]);
    const told: string[] = [];
    let failures = 1;
    const ack = async ({ id }: HolderReport) => {
      told.push(id);
      if (id === "r0" && failures-- > 0) throw new Error("busy");
    };
    const events = await run(custom({ ...functions, ack }), clock, () => 1, { concurrency: 2 });
    expect(told).toEqual(["r0", "r1", "r0"]);
    expect(events.filter(({ type }) => type === "break")).toHaveLength(1);
  });

  test("can say that the lease is lost", async () => {
    const { clock, functions } = table(["a"]);
    const ack = async (report: HolderReport) => {
      if (report.type === "progress") throw new PriniaError({ code: "lease_lost", detail: "somebody else has it" });
    };
    const reasons: unknown[] = [];
    const events = await run(custom({ ...functions, ack }), clock, async (_, { progress, signal }) => {
      progress(1);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push(signal.reason);
    });
    expect(reasons).toMatchObject([{ code: "lease_lost" }]);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["refused", "lost"]));
  });

  test("gets back what had not begun when its worker stops", async () => {
    const { clock, functions, reports } = table(["a", "b", "c"]);
    const { promise } = Promise.withResolvers<number>();
    const worker = new Worker("w", custom(functions), () => promise, { clock, prefetch: 2 });
    await clock.advance(10);
    const stopped = worker.stop({ grace: 0 });
    await clock.advance(10);
    await stopped;
    expect(reports.map(({ type, id }) => `${type} ${id}`)).toEqual(["release r1", "release r2", "release r0"]);
  });
});

describe("other functions of a worker's life", () => {
  test("are called when it comes, stays and goes", async () => {
    const { clock, functions } = table([]);
    const calls: string[] = [];
    const backend = custom({
      ...functions,
      strategy: interval("10m"),
      registerWorker: async (worker, introduction) => {
        calls.push(`register ${worker.slice(0, 2)} ${introduction?.layers?.join()}`);
        return { worker, session: "s", orphanAfterMs: 3_000 };
      },
      keepAlive: async ({ name }) => calls.push(`alive ${name}`),
      goodbye: async ({ name }) => calls.push(`goodbye ${name}`),
    });
    await run(backend, clock, () => 0, { ms: 2_100 });
    expect(calls).toEqual(["register w- ", "alive w", "alive w", "goodbye w"]);
  });
});

describe("a backend of a stream of its own", () => {
  test("hands over what the stream brings, and never beats", async () => {
    const clock = new VirtualClock();
    const one: LeasedTask<string> = {
      ...{ id: "t", lease: "l", queue: "q", args: "a", status: "Running", priority: 0, attempt: 1, maxAttempts: 1 },
      ...{ runAt: 0, createdAt: 0, runs: [], idempotencyUntil: "gone", codec: "json", meta: {}, revision: 1 },
      backoff: { type: "fixed", baseMs: 1, factor: 1, maxMs: 1, jitter: 0 },
    };
    const backend = custom({
      async *poll() {
        yield one;
        yield null;
      },
    });
    const events = await run(backend, clock, (args) => args.length);
    expect(events.map(({ type }) => type)).toEqual(["start", "success", "idle", "stop"]);
    const beats = backend.heartbeat(new FakeWorker());
    const beat = beats.next();
    await beats.return?.();
    expect(await beat).toEqual({ done: true, value: undefined });
  });
});
