/**
 * The entry `prinia/consumer`: handlers as an entrypoint of a Worker, which a queue calls by itself.
 *
 * @example
 * import { consume } from "prinia/consumer";
 *
 * export const Mailer = consume({
 *   emails: async (args, { signal }) => send(args.to, { signal }),
 * });
 */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { ConsumerAnswer, ConsumerBatch } from "../outbound/consumer-call.ts";
import { type QueueHandler, runQueueHandler } from "./queue-handler.ts";
import { type ConsumerHandlers, run } from "./run.ts";

export type { ConsumerAnswer, ConsumerBatch, ConsumerResult, ConsumerTask } from "../outbound/consumer-call.ts";
export type { Duration } from "../task/duration.ts";
export { AbortError, RetryAfterError } from "../task/errors.ts";
export type { QueueBatch, QueueHandler, QueueMessage, RetryOptions } from "./queue-handler.ts";
export type { ConsumerContext, ConsumerHandler, ConsumerHandlers } from "./run.ts";

/** What the class that `consume` makes has: the method that a queue calls. */
export interface Consumer {
  consume(batch: ConsumerBatch): Promise<ConsumerAnswer>;
}

/**
 * Makes the class to export from a Worker; a queue's `consumer` is a service binding to it. The tasks of a batch run at the
 * same time, and how one ends is nothing to the others.
 *
 * @template E the bindings of the Worker
 * @throws TypeError where a handler is no function
 */
export function consume<E = unknown>(
  handlers: ConsumerHandlers<E>,
): new (
  ctx: ExecutionContext,
  env: E,
) => WorkerEntrypoint<E> & Consumer {
  for (const [queue, handler] of Object.entries(handlers)) {
    if (typeof handler !== "function") throw new TypeError(`consume: the handler of ${queue} is no function.`);
  }
  return class extends WorkerEntrypoint<E> implements Consumer {
    consume(batch: ConsumerBatch): Promise<ConsumerAnswer> {
      return run(handlers, batch, this.env);
    }
  };
}

/**
 * Makes the class to export from a consumer of Cloudflare Queues, unchanged: its `queue` handler, or the object that has it.
 *
 * @example
 * import worker from "./existing-consumer.ts";
 *
 * export const Mailer = fromQueueHandler(worker);
 * @template E the bindings of the Worker
 * @throws TypeError where there is no such handler
 */
export function fromQueueHandler<E = unknown>(
  handler: QueueHandler<E> | { readonly queue?: QueueHandler<E> | undefined },
): new (
  ctx: ExecutionContext,
  env: E,
) => WorkerEntrypoint<E> & Consumer {
  const queue: QueueHandler<E> | undefined =
    typeof handler === "function" ? handler : handler.queue && ((...call) => handler.queue?.(...call));
  if (typeof queue !== "function")
    throw new TypeError("fromQueueHandler: there is no function `queue(batch, env, ctx)`.");
  return class extends WorkerEntrypoint<E> implements Consumer {
    consume(batch: ConsumerBatch): Promise<ConsumerAnswer> {
      return runQueueHandler(queue, batch, this.env, this.ctx);
    }
  };
}
