/** What is measured, and how it is told. */

import type { Cost, Life } from "./life.ts";

export interface Figure extends Cost {
  readonly phase: string;
}

interface Scene {
  readonly name: string;
  play(life: Life): Promise<Figure[]>;
}

const ARGS = JSON.stringify({ to: "somebody@example.com", subject: "x".repeat(60) });
const RESULT = '{"sent":true,"n":12}';

const phase = async (name: string, cost: Promise<Cost>): Promise<Figure> => ({ phase: name, ...(await cost) });

/** Push, claim and ack in batches of one size, while the queue is short. */
const step =
  (batch: number, tasks: number, args = ARGS, result = RESULT): Scene["play"] =>
  async (life) => {
    await life.begin();
    const sums = new Map<string, Cost>();
    const add = (name: string, cost: Cost) => {
      const before = sums.get(name);
      sums.set(name, before ? sum(before, cost) : cost);
    };
    for (let done = 0; done < tasks; done += batch) {
      add("push", await life.push(batch, batch, args));
      add("claim", await life.claim(batch, batch));
      add("ack", await life.ack(batch, batch, result));
    }
    return [...[...sums].map(([name, cost]) => ({ phase: name, ...cost })), await phase("vacuum", life.vacuum())];
  };

const sum = (a: Cost, b: Cost): Cost => ({
  tasks: a.tasks + b.tasks,
  commits: a.commits + b.commits,
  rows: a.rows + b.rows,
  bytes: a.bytes + b.bytes,
  ms: a.ms + b.ms,
});

/** A backlog that was pushed in batches of one size is worked off in batches of another. */
const drain =
  (pushed: number, batch: number, tasks: number, backlog: number): Scene["play"] =>
  async (life) => {
    await life.begin();
    const figures = [await phase("push", life.push(backlog, pushed, ARGS))];
    figures.push(await phase("claim", life.claim(tasks, batch)));
    figures.push(await phase("restart", life.restart()));
    figures.push(await phase("ack", life.ack(tasks, batch, RESULT)));
    figures.push(await phase("status", life.status(300)));
    figures.push(await phase("list of 50", life.list(50, 50)));
    figures.push(await phase("restart, idle", life.restart()));
    return figures;
  };

const direct =
  (batch: number, tasks: number): Scene["play"] =>
  async (life) => {
    await life.begin();
    const figures: Figure[] = [];
    figures.push(await phase("push to a worker", life.push(tasks, batch, ARGS, true)));
    figures.push(await phase("ack", life.ack(tasks, batch, RESULT)));
    return figures;
  };

/** All that fails, is tried again and then done. */
const retried =
  (batch: number, tasks: number): Scene["play"] =>
  async (life) => {
    await life.begin();
    const figures = [
      await phase("push", life.push(tasks, batch, ARGS)),
      await phase("claim", life.claim(tasks, batch)),
    ];
    figures.push(await phase("ack that fails", life.ack(tasks, batch, null)));
    return figures;
  };

export const SCENES: readonly Scene[] = [
  { name: "step 1", play: step(1, 2_000) },
  { name: "step 10", play: step(10, 10_000) },
  { name: "step 100", play: step(100, 40_000) },
  { name: "step 1000", play: step(1_000, 40_000) },
  {
    name: "step 1000, args of 2 KB, results of 1 KB",
    play: step(1_000, 20_000, JSON.stringify("x".repeat(2_000)), JSON.stringify("y".repeat(1_000))),
  },
  { name: "pushed by 1000, worked off by 1", play: drain(1_000, 1, 2_000, 10_000) },
  { name: "pushed by 1000, worked off by 10", play: drain(1_000, 10, 10_000, 10_000) },
  { name: "pushed by 1, worked off by 100", play: drain(1, 100, 5_000, 5_000) },
  { name: "backlog 10000 by 100", play: drain(1_000, 100, 10_000, 10_000) },
  { name: "backlog 500000 by 100", play: drain(1_000, 100, 10_000, 500_000) },
  { name: "backlog 500000 by 1000", play: drain(1_000, 1_000, 40_000, 500_000) },
  { name: "direct 1", play: direct(1, 2_000) },
  { name: "direct 100", play: direct(100, 20_000) },
  { name: "direct 1000", play: direct(1_000, 20_000) },
  { name: "retried 100", play: retried(100, 10_000) },
];

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

export function report(name: string, rows: readonly Figure[], segments: readonly Figure[]): void {
  console.log(`\n${name}`);
  console.table(
    rows.map((row, i) => {
      const segment = segments[i] ?? row;
      return {
        phase: row.phase,
        "rows/task": round(row.rows / row.tasks, 3),
        "rows/task, segments": round(segment.rows / segment.tasks, 3),
        "bytes/task": round(row.bytes / row.tasks, 0),
        "bytes/task, segments": round(segment.bytes / segment.tasks, 0),
        "µs/task": round((row.ms * 1_000) / row.tasks, 1),
        "µs/task, segments": round((segment.ms * 1_000) / segment.tasks, 1),
        ratio: round(segment.ms / segment.tasks / (row.ms / row.tasks), 2),
      };
    }),
  );
}
