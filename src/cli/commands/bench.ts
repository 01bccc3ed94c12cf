/** `prinia bench`: a short load on a server: pushes, a worker, and the way there and back. */

import { QueueBackend } from "../../backend/queue-backend.ts";
import { MAX_CREDIT } from "../../limits.ts";
import { Worker } from "../../worker/worker.ts";
import { integerOf } from "../arguments.ts";
import { JSON_ARG, SERVER_ARGS, transportOf, urlOf } from "../client.ts";
import { command } from "../command.ts";
import { Interrupted, UsageError } from "../exit.ts";
import { printFacts } from "../output.ts";
import { type Progress, progressOf } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

const MOST = 1_000_000;
/** Pushes that are under way at a time: the SDK gathers them. */
const CALLERS = 200;
/** How often a task is run and waited for, one after the other. */
const ROUNDS = 100;

export const bench = command({
  name: "bench",
  description: "Measure a server by a short load, on a queue of its own",
  args: {
    tasks: { type: "string", valueHint: "n", description: "So many tasks; 2,000 when left out" },
    concurrency: {
      type: "string",
      valueHint: "n",
      description: "How many the worker runs at a time; 100 when left out",
    },
    yes: { type: "boolean", alias: "y", description: "Also on a server that is not this machine" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const count = integerOf(args.tasks, "--tasks", 1, MOST) ?? 2_000;
    const concurrency = integerOf(args.concurrency, "--concurrency", 1, MAX_CREDIT) ?? 100;
    const url = urlOf(args, terminal);
    if (!args.yes && !isHere(url))
      throw new UsageError(
        `${url} is not this machine: say --yes if that server is to bear the load, and you its cost.`,
      );
    const name = `bench-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 6)}`;
    await using queue = new QueueBackend(name, transportOf(args, terminal, "socket"));
    try {
      const figures = await measure(queue, count, concurrency, terminal);
      if (args.json) terminal.out(JSON.stringify(figures));
      else
        printFacts(
          terminal,
          Object.entries(figures).map(([key, value]) => [WORDS[key as keyof Figures], String(value)]),
        );
    } finally {
      await queue
        .drop({ force: true })
        .catch(() => terminal.err(`The queue ${name} is left: dropping it takes the scope admin.`));
    }
  },
});

interface Figures {
  readonly tasks: number;
  readonly pushesPerSecond: number;
  readonly tasksPerSecond: number;
  readonly runMsP50: number;
  readonly runMsP99: number;
}

const WORDS: Readonly<Record<keyof Figures, string>> = {
  tasks: "tasks",
  pushesPerSecond: "pushes a second",
  tasksPerSecond: "tasks done a second",
  runMsP50: "push to result, median ms",
  runMsP99: "push to result, p99 ms",
};

async function measure(queue: QueueBackend, count: number, concurrency: number, terminal: Terminal): Promise<Figures> {
  const bar = progressOf(terminal, 2 * count + Math.min(ROUNDS, count), "bench");
  try {
    const pushed = await perSecond(count, () => pushAll(queue, count, bar, terminal));
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    let done = 0;
    const began = performance.now();
    const handler = () => {
      bar.to(count + ++done);
      if (done === count) resolve();
      return null;
    };
    await using worker = new Worker("prinia-bench", queue, handler, { concurrency, prefetch: "auto" });
    await Promise.race([drained, worker.closed, interrupted(terminal)]);
    const tasksPerSecond = Math.round((1_000 * count) / (performance.now() - began));
    const times: number[] = [];
    for (let round = 0; round < Math.min(ROUNDS, count); round++) {
      if (terminal.interrupted.aborted) throw new Interrupted();
      const sent = performance.now();
      await queue.run(round);
      times.push(performance.now() - sent);
      bar.to(2 * count + round + 1);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part: number) => Number((sorted[Math.ceil(sorted.length * part) - 1] ?? 0).toFixed(1));
    return { tasks: count, pushesPerSecond: pushed, tasksPerSecond, runMsP50: at(0.5), runMsP99: at(0.99) };
  } finally {
    bar.end();
  }
}

async function pushAll(queue: QueueBackend, count: number, bar: Progress, terminal: Terminal): Promise<void> {
  let [next, done] = [0, 0];
  const caller = async () => {
    while (next < count) {
      if (terminal.interrupted.aborted) throw new Interrupted();
      await queue.push(next++, { retry: true });
      bar.to(++done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CALLERS, count) }, caller));
}

async function perSecond(count: number, act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return Math.round((1_000 * count) / (performance.now() - began));
}

const interrupted = ({ interrupted: signal }: Terminal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Interrupted()), { once: true });
  });

const isHere = (url: string): boolean => /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$)/.test(url);
