/** The conformance suite of the traits: every backend passes what its traits ask for. */

import { describe, expect, test } from "vitest";
import type { Case, Harness } from "./bench.ts";
import { AREAS, CASES, runs } from "./cases.ts";
import { Race } from "./race.ts";
import { ALL_TRAITS, METHODS, type Trait } from "./traits.ts";

export interface SuiteOptions {
  /** Cases that run at a time, besides those that wait: more than one where most of their time is spent waiting. */
  readonly atATime?: number;
}

const TIMEOUT_MS = 60_000;

/** Registers the suite. */
export function traitConformance(harness: Harness, { atATime = 0 }: SuiteOptions = {}): void {
  const wanted = CASES.filter((one) => runs(harness.traits, one));
  const passed = new Set<string>();
  const race = new Race(async (one) => {
    const bench = await harness.open();
    try {
      await one.run(bench);
      passed.add(one.id);
    } finally {
      await bench.close();
    }
  }, atATime);

  describe(harness.name, () => {
    for (const [area, cases] of Object.entries(AREAS)) {
      describe(area, () => {
        for (const one of cases) {
          const isOffered = wanted.includes(one);
          test.skipIf(!isOffered)(
            titleOf(one, isOffered),
            { timeout: TIMEOUT_MS, retry: atATime > 0 && one.waits ? 1 : 0 },
            ({ task }) => race.result(one, () => selected(task, harness.name)),
          );
        }
      });
    }

    test("it has the methods of the traits that it is said to offer, and of no others", async () => {
      const bench = await harness.open();
      try {
        expect(offeredBy(bench.backend)).toEqual(harness.traits.filter(isSeen));
      } finally {
        await bench.close();
      }
    });

    test("every case that the table of features counts has passed", ({ task, skip }) => {
      if (selected(task, harness.name).length < wanted.length) skip("some were filtered out");
      expect([...passed].toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
    });
  });
}

const titleOf = (one: Case, isOffered = true): string => `${one.id}: ${one.name}${isOffered ? "" : " (not offered)"}`;

/** Whether a trait shows in the methods of a backend. */
const isSeen = (trait: Trait): boolean => METHODS[trait].length > 0;

const offeredBy = (backend: unknown): Trait[] =>
  ALL_TRAITS.filter((trait) => isSeen(trait) && METHODS[trait].every((method) => has(backend, method)));

const has = (backend: unknown, method: string): boolean =>
  typeof (backend as Record<string, unknown>)[method] === "function";

/** What vitest tells of tests and suites. */
interface Listed {
  readonly type: string;
  readonly name: string;
  readonly mode: string;
  readonly suite?: Listed | undefined;
  readonly tasks?: readonly Listed[];
}

/** The cases that are not filtered out. */
function selected(task: Listed, suite: string): Case[] {
  const names = new Set(testsOf(suiteOf(task, suite)).flatMap(({ name, mode }) => (mode === "run" ? [name] : [])));
  return CASES.filter((one) => names.has(titleOf(one)));
}

const suiteOf = (task: Listed, name: string): Listed =>
  task.suite && task.name !== name ? suiteOf(task.suite, name) : task;

const testsOf = ({ tasks = [] }: Listed): Listed[] =>
  tasks.flatMap((task) => (task.type === "suite" ? testsOf(task) : [task]));
