/** What is measured. */

import type { Cost, Life } from "./life.ts";
import { CUT } from "./store/cuts.ts";

export interface Figure extends Cost {
  readonly phase: string;
}

export interface Scene {
  readonly name: string;
  play(life: Life): Promise<Figure[]>;
}

type Play = Scene["play"];

const ARGS = JSON.stringify({ to: "somebody@example.com", subject: "x".repeat(60) });
const RESULT = '{"sent":true,"n":12}';

const phase = async (name: string, cost: Promise<Cost>): Promise<Figure> => ({ phase: name, ...(await cost) });

/** Push, claim and ack in batches of one size, while the queue is short. */
const step =
  (batch: number, tasks: number, args = ARGS, result = RESULT): Play =>
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
    const whole = [...sums.values()].reduce(sum);
    return [
      ...[...sums].map(([name, cost]) => ({ phase: name, ...cost })),
      { phase: "whole life", ...whole, tasks: whole.tasks / 3 },
      await phase("vacuum", life.vacuum()),
    ];
  };

const sum = (a: Cost, b: Cost): Cost => ({
  tasks: a.tasks + b.tasks,
  commits: a.commits + b.commits,
  rows: a.rows + b.rows,
  bytes: a.bytes + b.bytes,
  ms: a.ms + b.ms,
});

interface Drain {
  /** The batch in which the backlog was pushed. */
  readonly pushed: number;
  readonly backlog: number;
  /** The batch in which tasks are claimed and acked. */
  readonly batch: number;
  readonly tasks: number;
}

/** A backlog that was pushed in batches of one size is worked off in batches of another. */
const drain =
  ({ pushed, backlog, batch, tasks }: Drain): Play =>
  async (life) => {
    await life.begin();
    return [
      await phase("push", life.push(backlog, pushed, ARGS)),
      await phase("claim", life.claim(tasks, batch)),
      await phase("restart, all claimed", life.restart()),
      await phase("ack", life.ack(tasks, batch, RESULT)),
      await phase("status by id", life.status(300)),
      await phase("list of 50", life.list(50, 50)),
      await phase("restart, none leased", life.restart()),
    ];
  };

const direct =
  (batch: number, tasks: number): Play =>
  async (life) => {
    await life.begin();
    return [
      await phase("push to a worker", life.push(tasks, batch, ARGS, true)),
      await phase("ack", life.ack(tasks, batch, RESULT)),
    ];
  };

/** All that fails, and waits to be tried again. */
const failing =
  (batch: number, tasks: number): Play =>
  async (life) => {
    await life.begin();
    return [
      await phase("push", life.push(tasks, batch, ARGS)),
      await phase("claim", life.claim(tasks, batch)),
      await phase("ack that fails", life.ack(tasks, batch, null)),
    ];
  };

/** One task runs on while all that came behind it is done, and kept. */
const straggler =
  (tasks: number): Play =>
  async (life) => {
    await life.begin();
    const pushed = await phase("push", life.push(tasks + 1, 1_000, ARGS));
    await life.claim(1, 1);
    life.stall();
    for (let done = 0; done < tasks; done += 1_000) {
      await life.claim(1_000, 1_000);
      await life.ack(1_000, 1_000, RESULT);
    }
    return [pushed, await phase("restart", life.restart())];
  };

/** The same with segments cut elsewhere. */
const cutAt =
  (tasks: number, play: Play): Play =>
  async (life) => {
    const before = CUT.tasks;
    CUT.tasks = tasks;
    try {
      return await play(life);
    } finally {
      CUT.tasks = before;
    }
  };

const text = (length: number): string => JSON.stringify("x".repeat(length - 2));

const cuts = [100, 250, 500, 1_000].flatMap((at): Scene[] => [
  { name: `cut at ${at}: by 1000`, play: cutAt(at, step(1_000, 20_000)) },
  {
    name: `cut at ${at}: worked off by 1`,
    play: cutAt(at, drain({ pushed: 1_000, backlog: 1_000, batch: 1, tasks: 1_000 })),
  },
]);

export const SCENES: readonly Scene[] = [
  { name: "step 1", play: step(1, 1_000) },
  { name: "step 10", play: step(10, 5_000) },
  { name: "step 100", play: step(100, 20_000) },
  { name: "step 1000", play: step(1_000, 40_000) },
  { name: "large: step 1000, args of 2 KB, results of 1 KB", play: step(1_000, 10_000, text(2_000), text(1_000)) },
  { name: "direct 1", play: direct(1, 1_000) },
  { name: "direct 10", play: direct(10, 5_000) },
  { name: "direct 100", play: direct(100, 20_000) },
  { name: "direct 1000", play: direct(1_000, 20_000) },
  {
    name: "uneven: pushed by 1000, worked off by 1",
    play: drain({ pushed: 1_000, backlog: 10_000, batch: 1, tasks: 1_000 }),
  },
  {
    name: "uneven: pushed by 1000, worked off by 10",
    play: drain({ pushed: 1_000, backlog: 10_000, batch: 10, tasks: 5_000 }),
  },
  {
    name: "uneven: pushed by 1, worked off by 100",
    play: drain({ pushed: 1, backlog: 2_000, batch: 100, tasks: 2_000 }),
  },
  { name: "backlog 10000", play: drain({ pushed: 1_000, backlog: 10_000, batch: 100, tasks: 10_000 }) },
  { name: "backlog 500000", play: drain({ pushed: 1_000, backlog: 500_000, batch: 100, tasks: 10_000 }) },
  { name: "failing 100", play: failing(100, 5_000) },
  { name: "straggler before 200000", play: straggler(200_000) },
  ...cuts,
];
