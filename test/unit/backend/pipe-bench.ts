/** Streams, sinks and workers for pipes. */

import { custom } from "../../../src/backend/custom.ts";
import type { FetchedTask } from "../../../src/backend/fetched.ts";
import { type PipeOptions, pipe } from "../../../src/backend/pipe.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import type { NewTask, PushOptions } from "../../../src/backend/task.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";

/** A stream that brings what it is told to, and counts what it is asked. */
export function source<Item>() {
  const items: Item[] = [];
  const watch = { asked: 0, returned: 0 };
  let end: { readonly error?: unknown } | undefined;
  let news = Promise.withResolvers<void>();
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const stream: AsyncIterableIterator<Item, undefined> = {
    next: async () => {
      watch.asked++;
      while (items.length === 0) {
        if (end && "error" in end) throw end.error;
        if (end) return { done: true, value: undefined };
        await news.promise;
      }
      return { done: false, value: items.shift() as Item };
    },
    return: async () => {
      watch.returned++;
      end ??= {};
      tell();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  const bring = (...more: Item[]) => {
    items.push(...more);
    tell();
  };
  const finish = (how: { readonly error?: unknown } = {}) => {
    end = how;
    tell();
  };
  return { stream, bring, finish, watch };
}

/** A sink whose pushes wait to be answered. */
export function slowSink(clock: VirtualClock) {
  const pushes: {
    tasks: readonly NewTask<number>[];
    options: PushOptions;
    done: () => void;
    fail(error: unknown): void;
  }[] = [];
  const backend = custom({
    ...{ clock, strategy: interval("1h") },
    fetcher: async (): Promise<FetchedTask<number>[]> => [],
    sink: (tasks: readonly NewTask<number>[], options) => {
      const { promise, resolve, reject } = Promise.withResolvers<{ id: string; status: "Pending"; created: true }[]>();
      const done = () => resolve(tasks.map((_, n) => ({ id: `t${n}`, status: "Pending", created: true })));
      pushes.push({ tasks, options, done, fail: reject });
      return promise;
    },
  });
  const args = () => pushes.map(({ tasks }) => tasks.map((one) => one.args));
  return { backend, pushes, args };
}

export const refusal = (code: "bad_request" | "forbidden" | "unreachable" | "overloaded", path?: string) =>
  new PriniaError({ code, detail: `it is ${code}`, path });

export async function stopped(clock: VirtualClock, worker: { stop(): Promise<void> }): Promise<void> {
  const stopping = worker.stop();
  await clock.advance(5_000);
  await stopping;
}

/** A worker on a pipe into a slow sink. */
export async function piping(options: PipeOptions<number> = {}) {
  const clock = new VirtualClock();
  const from = source<number>();
  const sink = slowSink(clock);
  const piped = pipe(from.stream, sink.backend, { clock, ...options });
  const events: WorkerEvent[] = [];
  const worker = new Worker("w", piped, () => undefined, { clock, onEvent: (event) => events.push(event) });
  worker.closed.catch(() => undefined);
  await clock.advance(1);
  return { clock, ...from, ...sink, piped, worker, events };
}
