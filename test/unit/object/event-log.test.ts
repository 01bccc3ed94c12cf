/** The log of an object: which events make a line, how many lines, and what is in them. */

import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { LOG_INTERVAL_MS, MAX_LOGGED_WORKERS } from "../../../src/limits.ts";
import { EventLog } from "../../../src/object/event-log.ts";
import type { SqlDriver } from "../../../src/store/driver.ts";
import { Journal, type Lost } from "../../../src/store/journal.ts";

const NOW = 1_750_000_000_000;
const PLACE = { queue: "q", partition: 3 };

let written: MockInstance<typeof console.log>;
beforeEach(() => {
  written = vi.spyOn(console, "log").mockReturnValue();
});
afterEach(() => void vi.restoreAllMocks());

const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);

let asked = 0;
/** Knows a worker of each session. */
const sql = {
  all: (_: string, session: number) => {
    asked++;
    return [{ worker: `w${session}` }];
  },
} as unknown as SqlDriver;

/** A transaction in which this happened. */
function txOf(more: { killed?: number; done?: number; lost?: readonly Lost[] }, now = NOW) {
  const journal = new Journal();
  journal.killed = more.killed ?? 0;
  journal.done = more.done ?? 0;
  journal.lost.push(...(more.lost ?? []));
  return { sql, now, journal };
}

const lost = (session: number, reason: Lost["reason"] = "orphaned"): Lost => ({ session, id: "i", lease: "l", reason });

const IN_USE = [true, true] as const;

test("work that goes well makes no line", () => {
  const log = new EventLog(PLACE);
  for (let commit = 0; commit < 10; commit++) log.committed(txOf({ done: 500 }), IN_USE);
  expect(lines()).toEqual([]);
});

test("the first use of a queue and its end make a line each", () => {
  const log = new EventLog(PLACE);
  log.committed(txOf({}), [false, true]);
  log.committed(txOf({ lost: [lost(1)] }), [true, false]);
  expect(lines()).toEqual([
    { type: "queue_created", at: NOW, ...PLACE },
    { type: "queue_dropped", at: NOW, ...PLACE },
  ]);
});

test("leases that were taken back make a line for each reason, with the workers, each of which is looked up once", () => {
  const log = new EventLog(PLACE);
  asked = 0;
  log.committed(txOf({ lost: [lost(1), lost(2), lost(1), lost(3, "timeout"), lost(1)] }), IN_USE);
  expect(lines()).toEqual([
    { type: "leases_lost", at: NOW, ...PLACE, reason: "orphaned", leases: 4, workers: ["w1", "w2"] },
    { type: "leases_lost", at: NOW, ...PLACE, reason: "timeout", leases: 1, workers: ["w3"] },
  ]);
  expect(asked).toBe(3);
});

test("no more workers are named than a line has room for", () => {
  const log = new EventLog(PLACE);
  const many = Array.from({ length: MAX_LOGGED_WORKERS + 5 }, (_, session) => lost(session));
  log.committed(txOf({ lost: many }), IN_USE);
  expect(lines()).toMatchObject([{ leases: many.length, workers: { length: MAX_LOGGED_WORKERS } }]);
});

test("leases that somebody ended on purpose make none", () => {
  new EventLog(PLACE).committed(txOf({ lost: [lost(1, "cancelled"), lost(1, "rescheduled")] }), IN_USE);
  expect(lines()).toEqual([]);
});

test("what comes often is counted, and told once a second, by whatever commit comes then", () => {
  const log = new EventLog(PLACE);
  for (let ms = 0; ms < LOG_INTERVAL_MS; ms += 10) log.committed(txOf({ killed: 2 }, NOW + ms), IN_USE);
  expect(lines()).toEqual([{ type: "tasks_killed", at: NOW, ...PLACE, tasks: 2 }]);
  log.committed(txOf({ done: 1 }, NOW + LOG_INTERVAL_MS), IN_USE);
  expect(lines()[1]).toEqual({ type: "tasks_killed", at: NOW + LOG_INTERVAL_MS, ...PLACE, tasks: 198 });
  log.committed(txOf({ done: 1 }, NOW + 2 * LOG_INTERVAL_MS), IN_USE);
  expect(lines()).toHaveLength(2);
});

test("refusals of an object that has too much in line are counted in the same way", () => {
  const log = new EventLog(PLACE);
  for (let refusal = 0; refusal < 1_000; refusal++) log.refused(NOW);
  expect(lines()).toEqual([{ type: "overloaded", at: NOW, ...PLACE, refused: 1 }]);
  log.committed(txOf({}, NOW + LOG_INTERVAL_MS), IN_USE);
  expect(lines()[1]).toMatchObject({ type: "overloaded", refused: 999 });
});

test("a report that failed makes a line without the error's message", () => {
  new EventLog(PLACE).reportFailed(NOW, new TypeError("args: secret"));
  expect(lines()).toEqual([
    {
      type: "report_failed",
      at: NOW,
      ...PLACE,
      error: "TypeError",
      stack: expect.arrayContaining([expect.any(String)]),
    },
  ]);
  expect(JSON.stringify(lines())).not.toContain("secret");
});
