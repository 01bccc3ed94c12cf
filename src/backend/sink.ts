/** Pushing tasks. */

import { MAX_FRAME_CHARACTERS, STREAM_CHUNK } from "../limits.ts";
import { type ErrorFields, errorText, PriniaError } from "../task/errors.ts";
import type { TaskBuilder } from "./builder.ts";
import { PLACE } from "./coalescer.ts";
import type { NewTask, Pushed, PushOptions } from "./task.ts";

/** A task to be pushed: built, or half built, or a plain object. */
export type Buildable<Args> = NewTask<Args> | TaskBuilder<Args>;

/**
 * Puts tasks into a queue. Each is durable once its push resolves, and every push answers the task's id, its status, and
 * whether it was created or had been there under its idempotency key.
 */
export interface TaskSink<Args = unknown> {
  push(args: Args, options?: PushOptions): Promise<Pushed>;
  /** All or none, in order. */
  pushBulk(args: Iterable<Args>, options?: PushOptions): Promise<Pushed[]>;
  /**
   * Pushes what a stream brings, a chunk at a time: each is pushed whole or not at all, and the stream is read no faster.
   *
   * @throws PushStreamError at the first chunk that is not pushed, with what was pushed before
   */
  pushStream(args: AsyncIterable<Args> | Iterable<Args>, options?: PushOptions): Promise<Pushed[]>;
  /** Pushes a task that was built. A task that was fetched makes a new one, of the same args and options. */
  pushTask(task: Buildable<Args>, options?: PushOptions): Promise<Pushed>;
  /** As `pushStream`, for tasks that were built. */
  pushAll(tasks: AsyncIterable<Buildable<Args>> | Iterable<Buildable<Args>>, options?: PushOptions): Promise<Pushed[]>;
}

/** A stream was not pushed to its end. */
export class PushStreamError extends PriniaError {
  /** What the chunks before the failed one became. */
  readonly pushed: readonly Pushed[];
  /** The first item of the failed chunk, counted from 0; the failed one itself where that is known. */
  readonly at: number;

  constructor(fields: ErrorFields, pushed: readonly Pushed[], at: number, cause: unknown) {
    super(fields, { cause });
    this.pushed = pushed;
    this.at = at;
  }
}

/** Args as tasks. */
export async function* asTasks<Input>(args: AsyncIterable<Input> | Iterable<Input>): AsyncGenerator<NewTask<Input>> {
  for await (const one of args) yield { args: one };
}

interface Chunking<T, Ready> {
  readonly ready: (task: T) => Ready | Promise<Ready>;
  readonly push: (chunk: readonly Ready[]) => Promise<readonly Pushed[]>;
  readonly charactersOf?: (ready: Ready) => number;
}

/**
 * Pushes what a stream brings, a chunk at a time.
 *
 * @throws PushStreamError at the first chunk that is not pushed
 */
export async function pushChunks<T, Ready>(
  tasks: AsyncIterable<T> | Iterable<T>,
  { ready, push, charactersOf = () => 0 }: Chunking<T, Ready>,
): Promise<Pushed[]> {
  const pushed: Pushed[] = [];
  let chunk: Ready[] = [];
  let characters = 0;
  let isUnderWay = false;
  const send = async (): Promise<void> => {
    isUnderWay = chunk.length > 0;
    if (isUnderWay) pushed.push(...(await push(chunk)));
    isUnderWay = false;
    chunk = [];
    characters = 0;
  };
  try {
    for await (const task of tasks) {
      const next = await ready(task);
      const length = charactersOf(next);
      if (characters + length > MAX_FRAME_CHARACTERS) await send();
      chunk.push(next);
      characters += length;
      if (chunk.length === STREAM_CHUNK) await send();
    }
    await send();
  } catch (error) {
    throw streamError(error, pushed, isUnderWay);
  }
  return pushed;
}

/**
 * Why a stream was not pushed to its end. What a push under way was broken off by, as a signal, is no refusal: the chunk may
 * be there.
 */
function streamError(error: unknown, pushed: readonly Pushed[], isUnderWay: boolean): PushStreamError {
  const known = error instanceof PriniaError ? error : undefined;
  const at = Number(PLACE.exec(known?.path ?? "")?.[1] ?? 0);
  const detail = `${pushed.length} tasks of the stream were pushed, then it stopped: ${known?.detail ?? errorText(error)}`;
  return new PushStreamError({ ...(known ?? unnamed(isUnderWay)), detail }, pushed, pushed.length + at, error);
}

const unnamed = (isUnderWay: boolean): { readonly code: "unreachable" | "bad_request" } => ({
  code: isUnderWay ? "unreachable" : "bad_request",
});
