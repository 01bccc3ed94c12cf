/** Cases of the store: the history of executions, and what of it is kept. */

import { expect } from "vitest";
import type { SessionRow } from "../../../src/store/sessions.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const LIMITS = { row: 2_000_000, err: 64 * 1024, runErr: 4 * 1024 };

/** Fails an execution, so many times, at once each time. */
function failing(
  bench: StoreBench,
  session: SessionRow,
  id: string,
  times: number,
  err: (n: number) => string,
  logs?: string[],
): void {
  for (let n = 1; n <= times; n++) {
    bench.claim(session, 1, true);
    const answer = bench.event({
      type: "ack",
      id,
      lease: bench.lease(id),
      result: { err: err(n), retryAfterMs: 0 },
      logs,
    });
    expect(answer).toEqual({ id, status: "Failed" });
  }
}

/** About how large the row is in the database. */
function rowBytes(bench: StoreBench, id: string): number {
  const text = Object.values(bench.raw(id)).filter((cell) => typeof cell === "string");
  return text.reduce((sum, cell) => sum + new TextEncoder().encode(cell).length, 0);
}

export const runCases: StoreCases = {
  "the last twenty executions are kept": (bench) => {
    const session = bench.worker("a");
    const id = bench.pushOne({ maxAttempts: 100 });
    failing(bench, session, id, 23, (n) => `e${n}`);
    const { runs } = bench.view(id);
    expect(runs.map((run) => run.attempt)).toEqual(Array.from({ length: 20 }, (_, i) => i + 4));
    expect(runs[19]).toEqual({
      attempt: 23,
      worker: "a",
      startedAt: START,
      endedAt: START,
      outcome: "failed",
      error: "e23",
    });
  },

  "the one under way is the last, without an end": (bench) => {
    const session = bench.worker("a");
    const id = bench.pushOne({ maxAttempts: 100 });
    failing(bench, session, id, 20, () => "e");
    bench.claim(bench.worker("b"), 1, true);
    const last = bench.view(id).runs.at(-1);
    expect(last).toEqual({ attempt: 21, worker: "b", startedAt: START });
  },

  "an error is cut at 64 KiB, and at 4 KiB in its run, between characters": (bench) => {
    const id = bench.leased(bench.worker(), { maxAttempts: 1 }, true);
    const err = "é".repeat(40_000);
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: `x${err}` } });
    const { lastResult, runs } = bench.view(id);
    expect(lastResult).toEqual({ err: `x${"é".repeat(LIMITS.err / 2 - 1)}` });
    expect(runs[0]?.error).toBe(`x${"é".repeat(LIMITS.runErr / 2 - 1)}`);
  },

  "an error of any characters comes back as it was": (bench) => {
    const id = bench.leased(bench.worker('n\u0000w"\\'), {}, true);
    const err = 'NUL \u0000, "quotes", \\, \n, 😀, \u2028';
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err }, logs: [err] });
    expect(bench.view(id)).toMatchObject({
      lastResult: { err },
      runs: [{ error: err, logs: [err], worker: 'n\u0000w"\\' }],
    });
  },

  "logs of twenty executions, as large as they may be, leave a row that the database takes": (bench) => {
    const session = bench.worker();
    const args = JSON.stringify("x".repeat(1_048_574));
    const id = bench.pushOne({ args, maxAttempts: 100 });
    failing(
      bench,
      session,
      id,
      25,
      (n) => `${n}${"e".repeat(70_000)}`,
      Array.from({ length: 50 }, () => "l".repeat(1024)),
    );
    expect(rowBytes(bench, id)).toBeLessThan(LIMITS.row);
    const { runs } = bench.view(id);
    expect(runs).toHaveLength(20);
    expect(runs.at(-1)?.logs).toHaveLength(50);
    expect(runs.map((run) => run.error?.slice(0, 2))).toEqual(
      Array.from({ length: 20 }, (_, i) => `${i + 6}`.padEnd(2, "e")),
    );
  },

  "errors and logs that are all escapes leave a row that the database takes, the newest whole": (bench) => {
    const session = bench.worker();
    const id = bench.pushOne({ args: JSON.stringify("\u0001".repeat(174_000)), maxAttempts: 100 });
    const nasty = "\u0001".repeat(1024);
    failing(
      bench,
      session,
      id,
      25,
      () => "\u0001".repeat(65_536),
      Array.from({ length: 50 }, () => nasty),
    );
    expect(rowBytes(bench, id)).toBeLessThan(LIMITS.row);
    const { runs, lastResult } = bench.view(id);
    expect(runs).toHaveLength(20);
    expect(runs.at(-1)?.logs?.[49]).toBe(nasty);
    expect(runs.at(-1)?.error).toHaveLength(4096);
    expect(lastResult).toEqual({ err: "\u0001".repeat(65_536) });
  },

  "an ack without logs leaves none, and so do no logs": (bench) => {
    const session = bench.worker();
    for (const logs of [undefined, []]) {
      const id = bench.leased(session, {}, true);
      bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok: "1" }, logs });
      expect(bench.view(id).runs[0]).not.toHaveProperty("logs");
    }
  },

  "a backoff with jitter draws its chance, one without ends where it should": (bench) => {
    bench.dice.fixed = 0;
    const session = bench.worker();
    const backoff = { type: "exponential", baseMs: 1000, factor: 3, maxMs: 5000, jitter: 0.5 } as const;
    const id = bench.pushOne({ backoff, maxAttempts: 9 });
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      bench.claim(session, 1, true);
      bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "x" } });
      waits.push(bench.view(id).runAt - bench.now);
      bench.now = bench.view(id).runAt;
    }
    expect(waits).toEqual([500, 1500, 2500, 2500]);
  },
};
