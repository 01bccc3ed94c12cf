/** Tasks on their way out: checked, encoded, as JSON text. */

import { errorText } from "../task/errors.ts";
import { keyOf } from "../task/partition.ts";
import { TaskBuilder } from "./builder.ts";
import type { Codecs } from "./codec.ts";
import { CodecError } from "./codec.ts";
import type { TaskText } from "./port.ts";
import { type Schema, validated } from "./schema.ts";
import type { Buildable } from "./sink.ts";
import type { NewTask, TaskOptions } from "./task.ts";

export interface Writing {
  readonly codecs: Codecs;
  readonly schema: Schema | undefined;
}

/**
 * Makes a task ready to be sent. With `retry` it gets an idempotency key, if it has none.
 *
 * @throws PriniaError `bad_request` when the args do not fit the schema, CodecError when they cannot be written
 */
export function outgoing(task: Buildable<unknown>, writing: Writing, retry: boolean): TaskText | Promise<TaskText> {
  const built = optionsOf(task instanceof TaskBuilder ? task.build() : task);
  const valid = writing.schema ? validated(writing.schema, built.args) : built.args;
  return valid instanceof Promise ? valid.then(() => textOf(built, writing, retry)) : textOf(built, writing, retry);
}

/** What is sent are the args as they were given: who takes them holds them against the schema again. */
function textOf({ args, ...options }: NewTask<unknown>, { codecs }: Writing, retry: boolean): TaskText {
  const keyed = retry ? withKey(options) : options;
  const encoded = { args: codecs.encode(args), ...keyed, ...(codecs.name === undefined ? {} : { codec: codecs.name }) };
  const ready = { text: jsonText(encoded), repeatable: isRepeatable(keyed), key: keyOf(keyed) };
  return keyed === options ? ready : { ...ready, minted: true };
}

/** Of a task that was fetched, all but its identity: it makes another one. */
export function optionsOf(task: NewTask<unknown>): NewTask<unknown> {
  if (!("id" in task)) return task;
  const { args, priority, runAt, maxAttempts, backoff, timeoutMs, groupKey, meta } = task;
  return { args, priority, runAt, maxAttempts, backoff, timeoutMs, groupKey, meta };
}

/** A key that nobody else has: 128 random bits. Unlike `randomUUID`, this works on pages without TLS. */
export const withKey = <T extends TaskOptions>(options: T): T =>
  options.idempotencyKey === undefined
    ? { ...options, idempotencyKey: randomText(), idempotencyUntil: "gone" }
    : options;

/** A key that is free again when its task ends does not keep a second try from making a second task. */
const isRepeatable = ({ idempotencyKey, idempotencyUntil }: TaskOptions): boolean =>
  idempotencyKey !== undefined && idempotencyUntil !== "terminal";

export const randomText = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36).padStart(7, "0")).join("");

/** @throws CodecError for a circle, or a BigInt */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new CodecError("json", `It cannot be written as JSON: ${errorText(error)}`, error);
  }
}
