/** Consumers of Cloudflare Queues, as they are: a batch in the platform's own words, and what was said of its messages. */

import type { ConsumerAnswer, ConsumerBatch, ConsumerResult, ConsumerTask } from "../outbound/consumer-call.ts";
import { fromBase64 } from "../task/base64.ts";
import { errorText } from "../task/errors.ts";

/** As the platform's types have it, but for `metadata`, which is not there. */
export interface QueueMessage<Body = unknown> {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: Body;
  /** From 1. */
  readonly attempts: number;
  ack(): void;
  retry(options?: RetryOptions): void;
}

export interface RetryOptions {
  readonly delaySeconds?: number;
}

export interface QueueBatch<Body = unknown> {
  readonly queue: string;
  readonly messages: readonly QueueMessage<Body>[];
  ackAll(): void;
  retryAll(options?: RetryOptions): void;
}

/** What a Worker exports as `queue`. */
// biome-ignore lint/suspicious/noExplicitAny: its types are those of the platform, and of whoever wrote it.
export type QueueHandler<E = any> = (batch: any, env: E, ctx: any) => unknown;

type Verdict = "ack" | { readonly delaySeconds?: number | undefined };

/** What was said of a batch. Of words that contradict each other the first holds, as on the platform. */
class Verdicts {
  readonly #of = new Map<string, Verdict>();
  #all: Verdict | undefined;

  ack(id: string): void {
    if (this.#all === undefined && !this.#of.has(id)) this.#of.set(id, "ack");
  }

  /** Said again, it may name another delay. */
  retry(id: string, { delaySeconds }: RetryOptions = {}): void {
    if (this.#all !== "ack" && this.#of.get(id) !== "ack") this.#of.set(id, { delaySeconds: checked(delaySeconds) });
  }

  all(verdict: "ack" | RetryOptions): void {
    this.#all ??= verdict === "ack" ? "ack" : { delaySeconds: checked(verdict.delaySeconds) };
  }

  /** @param otherwise what holds where nothing was said */
  of(id: string, otherwise: Verdict): Verdict {
    return this.#of.get(id) ?? this.#all ?? otherwise;
  }
}

/** @throws TypeError in words, which is the handler's to catch */
function checked(delaySeconds: number | undefined): number | undefined {
  if (delaySeconds === undefined || (Number.isFinite(delaySeconds) && delaySeconds >= 0)) return delaySeconds;
  throw new TypeError(`delaySeconds must be a number of seconds from 0, got ${String(delaySeconds)}.`);
}

/**
 * Hands a batch to a handler. When it returns, what it said nothing of is done; when it throws, that is tried again, and what
 * it had acknowledged stays so.
 *
 * Never rejects.
 */
export async function runQueueHandler<E>(
  handler: QueueHandler<E>,
  { queue, tasks }: Pick<ConsumerBatch, "queue" | "tasks">,
  env: E,
  ctx: unknown,
): Promise<ConsumerAnswer> {
  const verdicts = new Verdicts();
  const batch: QueueBatch = {
    queue,
    messages: tasks.map((task) => messageOf(task, verdicts)),
    ackAll: () => verdicts.all("ack"),
    retryAll: (options = {}) => verdicts.all(options),
  };
  try {
    await handler(batch, env, ctx);
    return { results: tasks.map(({ id }) => resultOf(id, verdicts.of(id, "ack"), ASKED)) };
  } catch (error) {
    const err = errorText(error);
    return { results: tasks.map(({ id }) => resultOf(id, verdicts.of(id, {}), err)) };
  }
}

const ASKED = "The consumer asked for another try.";

function resultOf(id: string, verdict: Verdict, err: string): ConsumerResult {
  if (verdict === "ack") return { id, ok: null };
  const { delaySeconds } = verdict;
  return { id, err, ...(delaySeconds === undefined ? {} : { retryAfterMs: Math.round(delaySeconds * 1000) }) };
}

const messageOf = (task: ConsumerTask, verdicts: Verdicts): QueueMessage => ({
  id: task.id,
  timestamp: new Date(task.createdAt),
  body: bodyOf(task),
  attempts: task.attempt,
  ack: () => verdicts.ack(task.id),
  retry: (options) => verdicts.retry(task.id, options),
});

/** Bytes come as they do there: as a buffer. Of another codec the text is all that is known. */
function bodyOf({ args, codec }: ConsumerTask): unknown {
  if (codec !== "bytes" || typeof args !== "string") return args;
  const bytes = fromBase64(args);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
