/** Backends made of others' parts: by the program's own functions, and the simplest line. */

import type { WorkerContext } from "../../../src/backend/context.ts";
import { custom } from "../../../src/backend/custom.ts";
import type { HolderReport } from "../../../src/backend/holder-report.ts";
import type { PollPort, SessionRef } from "../../../src/backend/poll-port.ts";
import type { PollStrategy } from "../../../src/backend/poll-strategy.ts";
import type { LeasedTask } from "../../../src/backend/task.ts";
import type { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { type ErrorFields, PriniaError } from "../../../src/task/errors.ts";
import type { HolderEvent } from "../../../src/task/task.ts";
import type { Source } from "./source.ts";
import type { Full } from "./traits.ts";

/** Polls at every turn of the event loop, which goes on while the clock stands still. */
export const everyTurn: PollStrategy = {
  ticks: async function* ({ signal }) {
    while (!signal.aborted) {
      yield;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  },
};

export interface Parts {
  readonly store: Full;
  readonly clock: VirtualClock;
  /** The way of a worker to the queue. */
  readonly port: (worker: string) => PollPort;
  /** What a pipe reads. */
  readonly source: Source;
}

/** A backend of the functions of another, as a program would write them over its database. */
export function customOver({ store, clock, port }: Parts): unknown {
  const latest = new Map<string, string>();
  const sessions = new WeakMap<WorkerContext, string>();
  const refOf = (worker: WorkerContext): SessionRef => {
    const session = sessions.get(worker) ?? latest.get(worker.id) ?? "";
    sessions.set(worker, session);
    return { worker: worker.id, session };
  };
  return custom({
    queue: store.getQueue(),
    clock,
    strategy: everyTurn,
    fetcher: async (worker, max, signal) => {
      const poll = { ...refOf(worker), max, waitMs: 0, autoStart: worker.autoStart, events: [] };
      const { tasks } = await port(worker.id).poll(poll, signal).catch(superseded);
      return tasks as LeasedTask[];
    },
    ack: async (report, worker) => {
      const [answer] = await port(worker.id).events({ ...refOf(worker), events: [eventOf(report)] });
      if (answer && "error" in answer) throw new PriniaError(answer.error as ErrorFields);
    },
    keepAlive: (worker) => port(worker.id).heartbeat(refOf(worker)),
    goodbye: (worker) => port(worker.id).goodbye(refOf(worker)),
    registerWorker: async (worker, introduction) => {
      const registered = await store.registerWorker(worker, introduction);
      latest.set(worker, registered.session);
      return registered;
    },
    sink: (tasks, options) => store.pushTasks(tasks, options),
    fetchById: (id) => store.fetchById(id),
    update: store.update.bind(store),
    reschedule: (task, wait) => store.reschedule(task, wait),
    vacuum: (order) => store.vacuum(order),
    resumeById: (id) => store.resumeById(id),
    resumeAbandoned: () => store.resumeAbandoned(),
    waitFor: (ids, options) => store.waitFor(ids, options),
    checkStatus: (ids) => store.checkStatus(ids),
    listWorkers: () => store.listWorkers(),
    listAllWorkers: () => store.listAllWorkers(),
    listTasks: (filter) => store.listTasks(filter),
    listAllTasks: (filter) => store.listAllTasks(filter),
    listQueues: () => store.listQueues(),
    global: () => store.global(),
    fetchByQueue: () => store.fetchByQueue(),
  });
}

/** A worker whose session is gone has lost its name: it must stop, and not take it back. */
function superseded(error: unknown): never {
  if (!(error instanceof PriniaError) || error.code !== "worker_not_found") throw error;
  throw new PriniaError({ ...error, code: "superseded" });
}

function eventOf(report: HolderReport): HolderEvent {
  if (report.type === "progress") return { ...report, progress: JSON.stringify(report.progress) };
  if (report.type !== "ack") return report;
  const { result } = report;
  return { ...report, result: "ok" in result ? { ok: JSON.stringify(result.ok) } : result };
}
