// What the compiler lets pass, and what it refuses. `npm run types` checks the expectations; here they only have to load.
import { describe, expectTypeOf, test } from "vitest";
import type {
  Backend,
  BackendExt,
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  Update,
  Vacuum,
  WaitForCompletion,
} from "../../../src/backend/backend.ts";
import { custom } from "../../../src/backend/custom.ts";
import type { ListWorkers, Metrics } from "../../../src/backend/expose.ts";
import type { FetchedTask } from "../../../src/backend/fetched.ts";
import type { HolderReport } from "../../../src/backend/holder-report.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import type { TaskSink } from "../../../src/backend/sink.ts";
import type { LeasedTask, NewTask, Pushed, Task } from "../../../src/backend/task.ts";

interface Email {
  readonly to: string;
}

const strategy = interval("1s");
const fetcher = async (): Promise<FetchedTask<Email>[]> => [];
const ack = async (_: HolderReport<number>): Promise<void> => undefined;
const sink = async (_: readonly NewTask<Email>[]): Promise<Pushed[]> => [];

/** Types alone are looked at: nothing of it runs. */
const unread = (_: () => unknown): void => undefined;

const least = custom({ strategy, fetcher });

describe("the least backend", () => {
  test("has the args of its fetcher, and any result", () => {
    expectTypeOf(least).toExtend<Backend<Email>>();
    expectTypeOf(least.poll).returns.toExtend<AsyncIterable<LeasedTask<Email> | null>>();
  });

  test("has args that a fetcher has without saying so", () => {
    const untold = custom({ strategy, fetcher: async () => [{ id: "t", args: { n: 1 } }] });
    expectTypeOf(untold).toExtend<Backend<{ n: number }>>();
  });

  test("has no trait of which no function was given", () => {
    expectTypeOf(least).not.toExtend<TaskSink<Email>>();
    expectTypeOf(least).not.toExtend<BackendExt<Email>>();
    expectTypeOf(least).not.toExtend<FetchById<Email>>();
    expectTypeOf(least).not.toExtend<Update<Email>>();
    expectTypeOf(least).not.toExtend<Reschedule>();
    expectTypeOf(least).not.toExtend<Vacuum>();
    expectTypeOf(least).not.toExtend<ResumeById>();
    expectTypeOf(least).not.toExtend<ResumeAbandoned>();
    expectTypeOf(least).not.toExtend<RegisterWorker>();
    expectTypeOf(least).not.toExtend<WaitForCompletion>();
    expectTypeOf(least).not.toExtend<ListWorkers>();
    expectTypeOf(least).not.toExtend<Metrics>();
    // @ts-expect-error: there is no sink
    unread(() => least.push);
  });
});

describe("a function more", () => {
  test("is a trait more, and no other", () => {
    const vacuumed = custom({ strategy, fetcher, vacuum: async () => 0 });
    expectTypeOf(vacuumed).toExtend<Backend<Email> & Vacuum>();
    expectTypeOf(vacuumed).not.toExtend<Reschedule>();
    const found = custom({ strategy, fetcher, fetchById: async (): Promise<Task<Email> | null> => null });
    expectTypeOf(found).toExtend<FetchById<Email>>();
    expectTypeOf(found).not.toExtend<FetchById<string>>();
    const named = custom({ strategy, fetcher, queue: "emails" });
    expectTypeOf(named).toExtend<BackendExt<Email>>();
    const moved = custom({
      ...{ strategy, fetcher, reschedule: async () => undefined, resumeById: async () => true },
      ...{ resumeAbandoned: async () => 0 },
    });
    expectTypeOf(moved).toExtend<Reschedule & ResumeById & ResumeAbandoned>();
  });

  test("of a sink takes what the sink takes", () => {
    const sunk = custom({ strategy, fetcher, sink });
    expectTypeOf(sunk).toExtend<Backend<Email> & TaskSink<Email>>();
    // @ts-expect-error: these are no args of it
    unread(() => sunk.push({ from: "a" }));
    const untold = custom({ strategy, fetcher, sink: async (tasks) => tasks.map(() => ({}) as Pushed) });
    expectTypeOf(untold).toExtend<TaskSink<Email>>();
    // @ts-expect-error: nor of one that takes what its fetcher gives
    unread(() => untold.push({ from: "a" }));
  });

  test("of two that make a trait is not that trait", () => {
    const half = custom({ strategy, fetcher, listWorkers: async () => [] });
    expectTypeOf(half).not.toExtend<ListWorkers>();
    const whole = custom({ strategy, fetcher, listWorkers: async () => [], listAllWorkers: async () => [] });
    expectTypeOf(whole).toExtend<ListWorkers>();
    const waiting = custom({ strategy, fetcher, async *waitFor() {} });
    expectTypeOf(waiting).not.toExtend<WaitForCompletion>();
    const waited = custom({ strategy, fetcher, async *waitFor() {}, checkStatus: async () => [] });
    expectTypeOf(waited).toExtend<WaitForCompletion>();
  });

  test("of an ack says what handlers must return", () => {
    const acked = custom({ strategy, fetcher, ack });
    expectTypeOf(acked).toExtend<Backend<Email, number>>();
    expectTypeOf(acked.poll).returns.toExtend<AsyncIterable<LeasedTask<Email, number> | null>>();
  });
});

describe("functions that make no backend", () => {
  test("are refused", () => {
    // @ts-expect-error: nothing to poll
    unread(() => custom({ sink }));
    // @ts-expect-error: a fetcher, and nothing to say when
    unread(() => custom({ fetcher }));
    // @ts-expect-error: a stream needs no strategy
    unread(() => custom({ async *poll() {}, strategy }));
    // @ts-expect-error: a stream of one's own says itself what became of a task
    unread(() => custom({ async *poll() {}, ack }));
    // @ts-expect-error: there is no such trait
    unread(() => custom({ strategy, fetcher, reschedul: async () => undefined }));
    // @ts-expect-error: a vacuum counts
    unread(() => custom({ strategy, fetcher, vacuum: async () => "none" }));
    // @ts-expect-error: tasks have ids
    unread(() => custom({ strategy, fetcher: async () => [{ args: 1 }] }));
  });
});

describe("a stream of one's own", () => {
  test("has the args of its tasks", () => {
    const streamed = custom({ async *poll(): AsyncGenerator<LeasedTask<Email, string> | null> {} });
    expectTypeOf(streamed).toExtend<Backend<Email, string>>();
  });
});
