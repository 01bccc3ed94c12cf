/** Pipe: pushes what a stream brings into a backend, and is that backend to its workers. */

import type { Backend } from "./backend.ts";
import { TaskBuilder } from "./builder.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import { optionsOf, withKey } from "./outgoing.ts";
import { delegate } from "./piping/delegate.ts";
import { PipedStream } from "./piping/piped-stream.ts";
import { Pump } from "./piping/pump.ts";
import type { Buildable, TaskSink } from "./sink.ts";
import type { NewTask } from "./task.ts";

// biome-ignore lint/suspicious/noExplicitAny: any backend that takes tasks will do
type Sink = Backend<any, any> & TaskSink<any>;
type InputOf<B> = B extends { push(args: infer Input, ...more: never[]): unknown } ? Input : never;

export interface PipeOptions<Item, Input = Item> {
  /**
   * Makes a task of what the stream brings; left out, that is its args. A task with an idempotency key of the stream's
   * own, such as an offset, is there once, though the stream be read again from an earlier place.
   */
  readonly task?: ((item: Item) => Buildable<Input>) | undefined;
  /** Is told of an item that is refused, which is then passed over. Left out, the first one ends the pipe. */
  readonly onRefused?: ((item: Item, error: unknown) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** What a pipe has besides all that its backend has. */
export interface Piped {
  /**
   * Resolves with how many tasks were pushed, once the stream has ended and all of it is there; rejects when the stream
   * failed, or what it brought was refused.
   */
  readonly piped: Promise<number>;
  /** Reads no more, lets the stream go, and resolves once what was read is pushed. */
  readonly unpipe: () => Promise<void>;
}

/** The backend with all its traits, and the pipe into it. */
export type Pipe<B> = B & Piped;

type Source<Item> = AsyncIterable<Item> | Iterable<Item>;

/**
 * Pipes a stream into a backend. It is read while a worker polls, no faster than its tasks are pushed, and at most a chunk
 * ahead. Each task is pushed with a key, and again after a break, until that is answered: none is lost, and none is there
 * twice.
 *
 * When the stream ends, its workers go on with the backend. When it fails, they go on until nothing is there to be done;
 * then their streams throw what it failed with.
 *
 * @example
 * const lines = pipe(createInterface({ input }), new MemoryStorage<string>("lines"));
 * await using worker = new Worker("reader", lines, (line) => index(line));
 * console.log(await lines.piped, "lines");
 */
export function pipe<B extends Sink>(
  source: Source<InputOf<B>>,
  backend: B,
  options?: PipeOptions<InputOf<B>>,
): Pipe<B>;
export function pipe<B extends Sink, Item>(
  source: Source<Item>,
  backend: B,
  options: PipeOptions<Item, InputOf<B>> & { readonly task: (item: Item) => Buildable<InputOf<B>> },
): Pipe<B>;
export function pipe(source: Source<unknown>, backend: Sink, options: PipeOptions<unknown> = {}): Pipe<Sink> {
  const { task = (args: unknown): NewTask => ({ args }), onRefused, clock = systemClock } = options;
  const built = (item: unknown): NewTask => {
    const buildable = task(item);
    return withKey(optionsOf(buildable instanceof TaskBuilder ? buildable.build() : buildable));
  };
  const pump = new Pump<unknown>(source, { sink: backend, clock, onRefused, task: built });
  return delegate(backend, {
    piped: pump.done,
    unpipe: () => pump.end(),
    poll: (worker: WorkerContext) => new PipedStream(backend.poll(worker), worker, pump),
  });
}
