/** A program's own functions as a port that is polled. */

import { PriniaError } from "../task/errors.ts";
import { DEFAULT_CONFIG, type EventAnswer, type HolderEvent } from "../task/task.ts";
import type { RegisterWorker } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import type { FetcherFunctions } from "./custom-functions.ts";
import { leasedOf } from "./fetched.ts";
import { holderReportOf, statusAfter } from "./holder-report.ts";
import type { PollPort } from "./poll-port.ts";
import { isPassing } from "./reports.ts";

export type PortFunctions = FetcherFunctions & Partial<RegisterWorker>;

export function customPort(functions: PortFunctions, queue: string, clock: Clock, worker: WorkerContext): PollPort {
  let { orphanAfterMs } = DEFAULT_CONFIG;
  const acks = new Acks(functions, worker);
  return {
    isLocal: true,
    // What was lost is told by `ack`, which may refuse.
    onLost: () => () => undefined,
    poll: async ({ session, max, events }, signal) => {
      const answers = await acks.apply(events);
      const fetched = await functions.fetcher(worker, max, signal);
      const now = clock.now();
      return { session, tasks: fetched.map((task) => leasedOf(task, queue, now)), events: answers };
    },
    events: ({ events }) => acks.apply(events),
    register: async ({ worker: id, layers = [] }) => {
      const registered = await functions.registerWorker?.(id, { layers });
      if (registered) orphanAfterMs = registered.orphanAfterMs;
      return { session: "", ...registered, worker: id, orphanAfterMs };
    },
    heartbeat: async () => {
      await functions.keepAlive?.(worker);
      return { orphanAfterMs };
    },
    goodbye: async () => functions.goodbye?.(worker),
    status: async () => ({ results: [], unknown: [] }),
  };
}

/** Hands reports to the program, one at a time for each lease. */
class Acks {
  readonly #functions: PortFunctions;
  readonly #worker: WorkerContext;
  /** What was taken, should its request be sent again because of another. */
  readonly #taken = new WeakSet<HolderEvent>();

  constructor(functions: PortFunctions, worker: WorkerContext) {
    this.#functions = functions;
    this.#worker = worker;
  }

  /** @throws what cannot be helped now: all that was not taken comes again */
  async apply(events: readonly HolderEvent[]): Promise<EventAnswer[]> {
    const answers: EventAnswer[] = new Array(events.length);
    const byLease = Map.groupBy(events.entries(), ([, { lease }]) => lease);
    const outcomes = await Promise.allSettled(
      Array.from(byLease.values(), async (ofOne) => {
        for (const [at, event] of ofOne) answers[at] = await this.#answer(event);
      }),
    );
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    return answers;
  }

  async #answer(event: HolderEvent): Promise<EventAnswer> {
    const { id } = event;
    try {
      if (!this.#taken.has(event)) await this.#functions.ack?.(holderReportOf(event), this.#worker);
      this.#taken.add(event);
      return { id, status: statusAfter(event) };
    } catch (error) {
      if (!(error instanceof PriniaError) || isPassing(error)) throw error;
      return { id, error: fieldsOf(error) };
    }
  }
}

const fieldsOf = ({
  code,
  detail,
  taskStatus,
  path,
}: PriniaError): Extract<EventAnswer, { error: object }>["error"] => ({
  ...{ code, detail },
  ...(taskStatus === undefined ? {} : { taskStatus }),
  ...(path === undefined ? {} : { path }),
});
