import { expect, test } from "vitest";
import { Bench } from "./bench.ts";

const MANY = 100_000;
const DELAY_MS = 1_000;

interface Numbered {
  readonly n: number;
  readonly priority: number;
}

/** Pushes so many tasks in batches, priorities mixed, every other one for later. Answers those that are due. */
async function fill(bench: Bench): Promise<Numbered[]> {
  const due: Numbered[] = [];
  for (let from = 0; from < MANY; from += 1000) {
    const batch = Array.from({ length: 1000 }, (_, at) => ({ n: from + at, priority: ((from + at) * 7919) % 1000 }));
    await bench.push(...batch.map(({ n, priority }) => ({ args: n, priority, delayMs: n % 2 === 0 ? 0 : DELAY_MS })));
    due.push(...batch.filter(({ n }) => n % 2 === 0));
  }
  return due;
}

// A store that searched or sorted its tasks at each call would take minutes for this.
test("100,000 tasks are claimed in order, those of the future in nobody's way, and go without a trace", {
  timeout: 60_000,
}, async () => {
  const bench = new Bench();
  const due = await fill(bench);
  const peer = await bench.worker();
  const single: unknown[] = [];
  for (let round = 0; round < 2_000; round++) single.push(...(await peer.take()).map(({ args }) => args));
  const wanted = due.sort((a, b) => b.priority - a.priority || a.n - b.n).map(({ n }) => n);
  expect(single).toEqual(wanted.slice(0, 2_000));
  await bench.clock.advance(DELAY_MS);
  const seen = new Set(single);
  for (let round = 0; round < 5; round++) {
    const tasks = await peer.take(1000);
    const priorities = tasks.map(({ priority }) => priority);
    expect(priorities).toEqual([...priorities].sort((a, b) => b - a));
    for (const { args } of tasks) seen.add(args);
  }
  expect(seen.size).toBe(7_000);
  expect([...seen].some((n) => Number(n) % 2 === 1)).toBe(true);
  expect(await bench.queue.purge()).toEqual({ purged: MANY - 7_000, more: false });
  const { tasks } = await bench.queue.list({ limit: 1000 });
  expect(tasks.map(({ args }) => args)).toEqual([...seen].sort((a, b) => Number(b) - Number(a)).slice(0, 1000));
});
