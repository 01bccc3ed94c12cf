/** CustomBackend: functions in, a backend out, with just the traits whose functions were given. */

import { PriniaError } from "../task/errors.ts";
import type { Backend, BackendExt, WaitForCompletion } from "./backend.ts";
import { systemClock } from "./clock.ts";
import { json } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import type {
  Any,
  CustomFunctions,
  FetcherFunctions,
  Given,
  MoreFunctions,
  StreamFunctions,
} from "./custom-functions.ts";
import { customPort } from "./custom-port.ts";
import type { FetchedTask } from "./fetched.ts";
import type { HolderReport } from "./holder-report.ts";
import { Polled } from "./polled.ts";
import { Beats } from "./pull/beats.ts";
import { checkName, type Queue } from "./queue.ts";
import { onlyResult } from "./result.ts";
import type { TaskSink } from "./sink.ts";
import { sinkOf } from "./sink-of.ts";
import type { NewTask } from "./task.ts";

export type { CustomFunctions, FetcherFunctions, StreamFunctions } from "./custom-functions.ts";

const GIVEN = [
  ...(["fetchById", "update", "reschedule", "vacuum", "resumeById", "resumeAbandoned", "registerWorker"] as const),
  ...(["waitFor", "waitForSingle", "checkStatus", "listWorkers", "listAllWorkers", "listTasks"] as const),
  ...(["listAllTasks", "listQueues", "global", "fetchByQueue"] as const),
] satisfies (keyof Given)[];

type Known = keyof FetcherFunctions | keyof StreamFunctions | keyof MoreFunctions;
/** A function of another name would never be called. */
type Only<F> = { readonly [Unknown in Exclude<keyof F, Known>]: never };
type OrElse<T, Else> = 0 extends 1 & T ? Else : T;
type Item<F> = F extends { fetcher: (...args: never[]) => Promise<readonly (infer T)[]> }
  ? T
  : F extends { poll: (...args: never[]) => AsyncIterable<infer T> }
    ? NonNullable<T>
    : never;
type ArgsOf<F> = Item<F> extends { readonly args: infer Args } ? Args : unknown;
type Acked<F> = F extends { ack: (report: HolderReport<infer Out>, ...more: never[]) => unknown } ? Out : Any;
type Fetched<F> = Item<F> extends FetchedTask<Any, infer Out> ? Out : unknown;
type OutOf<F> = OrElse<Acked<F>, Fetched<F>>;
type InputOf<F> = F extends { sink: (tasks: readonly NewTask<infer Input>[], ...more: never[]) => unknown }
  ? OrElse<Input, ArgsOf<F>>
  : never;

/** The traits whose functions were given, and no others. */
export type CustomBackend<F> = Backend<ArgsOf<F>, OutOf<F>> &
  (F extends { sink: unknown } ? TaskSink<InputOf<F>> : unknown) &
  (F extends { queue: Queue } ? BackendExt<ArgsOf<F>, OutOf<F>> : unknown) &
  (F extends { waitFor: unknown } ? Pick<WaitForCompletion<OutOf<F>>, "waitForSingle"> : unknown) &
  Pick<F, Extract<keyof F, keyof Given>>;

/**
 * Makes a backend of functions: a fetcher and a strategy are enough, and each function more gives it the trait of that
 * name.
 *
 * @throws PriniaError `bad_request` when there is nothing to poll, or the queue's name is none
 *
 * @example
 * const letters = custom({
 *   strategy: interval("1s").withBackoff(),
 *   fetcher: async (worker, max) => database.take(worker.id, max),
 *   ack: async (report) => { if (report.type === "ack") await database.end(report.id, report.result); },
 *   sink: async (tasks) => database.insert(tasks),
 * });
 * await using worker = new Worker("postman", letters, deliver);
 */
export function custom<const F extends FetcherFunctions & MoreFunctions>(functions: F & Only<F>): CustomBackend<F>;
export function custom<const F extends StreamFunctions & MoreFunctions>(functions: F & Only<F>): CustomBackend<F>;
export function custom(given: CustomFunctions): unknown {
  const { queue, sink } = given;
  if (queue !== undefined) checkName(queue, "queue");
  const backend = polling(given);
  const traits: Record<string, unknown> = {
    poll: (worker: WorkerContext) => backend.poll(worker),
    heartbeat: (worker: WorkerContext) => backend.heartbeat(worker),
    middleware: () => backend.middleware(),
    ...(sink ? sinkOf(sink) : {}),
  };
  if (queue !== undefined) {
    traits.getQueue = () => queue;
    traits.codec = () => json;
    traits.pollCompact = traits.poll;
  }
  const waitFor = given.waitFor?.bind(given);
  const single: WaitForCompletion["waitForSingle"] = (id, options) => onlyResult(id, waitFor?.([id], options) ?? []);
  if (waitFor) traits.waitForSingle = single;
  for (const name of GIVEN) {
    const method = given[name];
    if (method) traits[name] = method.bind(given);
  }
  return traits;
}

function polling(given: CustomFunctions): Backend {
  if (given.poll) {
    const { heartbeat, middleware = () => (next) => next } = given;
    const poll = given.poll.bind(given);
    return { poll, middleware: middleware.bind(given), heartbeat: heartbeat?.bind(given) ?? silence };
  }
  if (typeof given.fetcher !== "function" || typeof given.strategy?.ticks !== "function") {
    const detail = "A backend must be polled: give it a `fetcher` and a `strategy`, or a stream to `poll`.";
    throw new PriniaError({ code: "bad_request", detail, path: "fetcher" });
  }
  const { queue = "custom", clock = systemClock, strategy } = given;
  const polled = new Polled((worker) => customPort(given, queue, clock, worker), { strategy, clock });
  if (given.ack) return polled;
  const told: Backend = {
    poll: (worker) => polled.poll(worker),
    heartbeat: (worker) => polled.heartbeat(worker),
    middleware: () => (next) => next,
  };
  return told;
}

/** Signs of life that never come. */
function silence(): AsyncIterableIterator<void> {
  const beats = new Beats();
  return beats.stream(async () => beats.close());
}
