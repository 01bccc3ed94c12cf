/** Ways from workers to their queue, one for each worker, which can be cut. */

import type { WorkerContext } from "../../../src/backend/context.ts";
import type { PollPort } from "../../../src/backend/poll-port.ts";
import type { Feed, FeedOptions, QueuePort, Transport } from "../../../src/backend/port.ts";
import { PriniaError } from "../../../src/task/errors.ts";

export class Lines {
  readonly #lines = new Map<string, AbortController>();
  readonly #disturbed = new Map<string, number>();

  /** Fires when the line of a worker is cut. */
  signal(worker: string): AbortSignal {
    return this.#line(worker).signal;
  }

  isCut(worker: string): boolean {
    return this.signal(worker).aborted;
  }

  cut(worker: string): void {
    this.#line(worker).abort(new PriniaError({ code: "unreachable", detail: "The line was cut." }));
  }

  /** So many of the next things that are said over it are lost. */
  disturb(worker: string, times: number): void {
    this.#disturbed.set(worker, times);
  }

  /** Whether what is said over it now is lost. */
  loses(worker: string): boolean {
    const left = this.#disturbed.get(worker) ?? 0;
    this.#disturbed.set(worker, Math.max(0, left - 1));
    return left > 0;
  }

  #line(worker: string): AbortController {
    const line = this.#lines.get(worker) ?? new AbortController();
    this.#lines.set(worker, line);
    return line;
  }
}

export type Connect = (queue: string, worker: WorkerContext, options: FeedOptions) => Feed;

/** The same places, but that each worker is connected by a line of its own. */
export const withLines = (transport: Transport, connect: Connect): Transport => ({
  directory: transport.directory,
  queue: (name) =>
    new Proxy(transport.queue(name), {
      get: (port, key: keyof QueuePort) => {
        if (key === "connect") return (worker: WorkerContext, options: FeedOptions) => connect(name, worker, options);
        const value = port[key];
        // A port may have private fields, which a proxy does not.
        return typeof value === "function" ? value.bind(port) : value;
      },
    }),
});

/** A port to which nothing comes through once the line is cut. */
export function overLine(port: PollPort, lines: Lines, worker: string): PollPort {
  const line = lines.signal(worker);
  const through = async <T>(work: () => Promise<T>): Promise<T> => {
    line.throwIfAborted();
    if (lines.loses(worker)) throw new PriniaError({ code: "unreachable", detail: "It was lost on its way." });
    const { promise: cut, reject } = Promise.withResolvers<never>();
    const abort = () => reject(line.reason);
    line.addEventListener("abort", abort);
    try {
      return await Promise.race([work(), cut]);
    } finally {
      line.removeEventListener("abort", abort);
    }
  };
  return {
    ...port,
    poll: (request, signal) => through(() => port.poll(request, AbortSignal.any([signal, line]))),
    events: (request) => through(() => port.events(request)),
    register: (introduction) => through(() => port.register(introduction)),
    heartbeat: (session) => through(() => port.heartbeat(session)),
    goodbye: (session) => through(() => port.goodbye(session)),
    status: (ids) => through(() => port.status(ids)),
    ...(port.onLost ? { onLost: until(line, port.onLost) } : {}),
  };
}

/** Whoever is cut off does not listen any more. */
const until =
  (line: AbortSignal, onLost: NonNullable<PollPort["onLost"]>): NonNullable<PollPort["onLost"]> =>
  (session, listener) => {
    const leave = onLost(session, listener);
    line.addEventListener("abort", leave, { once: true });
    return leave;
  };
