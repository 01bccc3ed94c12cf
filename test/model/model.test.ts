// Random lives of queues, each step held against a model of the contract. Of 2,000 lives in all, 1,770 are played here, on
// both stores of one process, where a life takes some 30 and 10 ms; test/worker/model plays 200 on the object inside
// workerd, where it takes 0.1 s, and 30 over HTTP, where it takes 0.3 s. Most of the rules are the same code in all of them.
import { test } from "vitest";
import { openLocal } from "./fuzz.ts";
import { hold } from "./run.ts";

/** A violation is not to go unseen because the next seed finds none. */
const SETTINGS = { timeout: 120_000, retry: 0 };

test("a queue on SQLite lives by the contract, whatever is done to it", SETTINGS, async () => {
  await hold({ driver: "sqlite", open: openLocal("sqlite"), runs: 600, steps: 50, burst: 0 });
});

test(
  "so it does with more tasks than a claim looks at in place, and more runs than a task remembers",
  SETTINGS,
  async () => {
    await hold({ driver: "sqlite", open: openLocal("sqlite"), runs: 15, steps: 30, burst: 120 });
    await hold({ driver: "memory", open: openLocal("memory"), runs: 5, steps: 30, burst: 120 });
  },
);

test("a queue in memory lives by it too", SETTINGS, async () => {
  await hold({ driver: "memory", open: openLocal("memory"), runs: 1_150, steps: 60, burst: 0 });
});
