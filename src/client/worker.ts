/// <reference lib="esnext.disposable" />
/** A worker: runs a handler on the tasks of a queue, over a WebSocket. */

import { MAX_CREDIT, STOP_GRACE_MS } from "../limits.ts";
import { Consumer } from "./consumer.ts";
import { PriniaError } from "../task/errors.ts";
import { randomText } from "../backend/outgoing.ts";
import type { Handler } from "./run.ts";
import { type ServerOptions, Transport } from "./transport.ts";
import type { WorkerEvent } from "./worker-events.ts";

export interface WorkerOptions<Args, Out> extends ServerOptions {
  readonly queue: string;
  readonly handler: Handler<Args, Out>;
  /** How many tasks run at a time, 1 by default. */
  readonly concurrency?: number | undefined;
  /**
   * How many more tasks wait here for a free slot, 0 by default: worth it when a task takes less time than the way to
   * the server and back.
   */
  readonly prefetch?: number | undefined;
  /**
   * Whether a task counts as started when it is sent, which saves a row; else the worker says so when it begins. True
   * by default, and false with a prefetch: a task that waits its turn has not started.
   */
  readonly autoStart?: boolean | undefined;
  /** What the worker's id begins with, "worker" by default; a random part follows, so that replicas do not meet. */
  readonly name?: string | undefined;
  /** The whole id. Whoever registers it last has it: another worker of this id stops with an error. */
  readonly id?: string | undefined;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
}

export interface StopOptions {
  /** How long running handlers may go on, ms; then their signals fire, and their tasks go back. 10,000 by default. */
  readonly graceMs?: number | undefined;
}

export interface Worker extends AsyncDisposable {
  readonly id: string;
  /**
   * Resolves once the worker has stopped. Rejects when the server refuses it (its token, its name) or another takes its
   * id: then it has stopped too. When nobody listens, the platform reports it as an unhandled rejection, which ends a
   * Node process: a worker that does not work should not look as if it did.
   */
  readonly closed: Promise<void>;
  /**
   * Takes no more tasks, lets the running ones end, reports them, gives back what was not begun, says goodbye.
   * No attempt is burned. Called again, it shortens the grace. Never rejects.
   */
  stop(options?: StopOptions): Promise<void>;
}

/**
 * Starts a worker. It reconnects by itself after every break, and goes on with what it held.
 *
 * @example
 * const worker = createWorker<{ to: string }, void>({ url, queue: "emails", handler: ({ to }, { signal }) => send(to, signal) });
 * process.on("SIGTERM", () => worker.stop());
 * await worker.closed;
 */
export function createWorker<Args = unknown, Out = unknown>(options: WorkerOptions<Args, Out>): Worker {
  const { queue, handler, prefetch = 0, concurrency = 1, name = "worker", onEvent = () => undefined } = options;
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && Number.isInteger(prefetch) && prefetch >= 0)) {
    throw new PriniaError({
      code: "bad_request",
      detail: "`concurrency` is an integer from 1, `prefetch` one from 0.",
    });
  }
  if (concurrency + prefetch > MAX_CREDIT) {
    throw new PriniaError({
      code: "bad_request",
      detail: `\`concurrency\` and \`prefetch\` are at most ${MAX_CREDIT} together.`,
    });
  }
  const { id = `${name}-${randomText().slice(0, 8)}`, autoStart = prefetch === 0 } = options;
  const consumer = new Consumer(new Transport(options), {
    queue,
    worker: id,
    handler: handler as Handler<unknown, unknown>,
    concurrency,
    prefetch,
    autoStart,
    onEvent,
  });
  const stop = ({ graceMs = STOP_GRACE_MS }: StopOptions = {}): Promise<void> => consumer.stop(graceMs);
  return { id, closed: consumer.closed, stop, [Symbol.asyncDispose]: () => stop() };
}
