/** Cases of the store: what holders of leases report. */

import { expect } from "vitest";
import type { HolderEvent } from "../../../src/task/task.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

/** A task that a worker runs, or holds. */
function held(bench: StoreBench, autoStart: boolean, task: Parameters<StoreBench["leased"]>[1] = {}) {
  const session = bench.worker(`w${bench.tally.nextSession}`);
  const id = bench.leased(session, task, autoStart);
  return { session, id, lease: bench.lease(id) };
}

export const eventCases: StoreCases = {
  "a start counts the attempt, opens a run and sets the deadline; a second one changes nothing": (bench) => {
    const { id, lease } = held(bench, false, { timeoutMs: 800 });
    bench.now += 10;
    expect(bench.touching([id], () => bench.event({ type: "start", id, lease }))).toEqual({ id, status: "Running" });
    expect(bench.view(id)).toMatchObject({
      status: "Running",
      attempt: 1,
      lockAt: START,
      runs: [{ attempt: 1, startedAt: START + 10 }],
    });
    expect(bench.raw(id).deadline).toBe(START + 810);
    expect(bench.journal.wakeAt).toBe(START + 810);
    bench.now += 10;
    expect(bench.untouched(() => bench.event({ type: "start", id, lease }))).toEqual({ id, status: "Running" });
    expect(bench.rows).toBe(0);
  },

  "an ack keeps the result as it was received and closes the run": (bench) => {
    const { id, lease } = held(bench, true);
    bench.now += 30;
    const result = { ok: '{"n": 12345678901234567890, "s":"\\u0000}"}' };
    expect(bench.event({ type: "ack", id, lease, result, logs: ["a", "b"] })).toEqual({ id, status: "Done" });
    const view = bench.view(id);
    expect(view).toMatchObject({ status: "Done", attempt: 1, doneAt: START + 30, lastResult: result });
    expect(view.runs).toEqual([
      { attempt: 1, worker: "w1", startedAt: START, endedAt: START + 30, outcome: "done", logs: ["a", "b"] },
    ]);
    expect(view).not.toHaveProperty("lockBy");
    expect(view).not.toHaveProperty("lockAt");
    expect(bench.journal).toMatchObject({ done: 1, finished: [1], runs: [30], expiresAt: START + 30 + 86_400_000 });
  },

  "a result may be null, false, or an empty string": (bench) => {
    for (const ok of ["null", "false", '""', "0", "[]"]) {
      const { id, lease } = held(bench, true);
      bench.event({ type: "ack", id, lease, result: { ok } });
      expect(bench.view(id).lastResult).toEqual({ ok });
    }
  },

  "an ack from Queued counts the attempt and leaves a run": (bench) => {
    const { id, lease } = held(bench, false);
    bench.now += 5;
    bench.event({ type: "ack", id, lease, result: { ok: "1" } });
    expect(bench.view(id)).toMatchObject({
      attempt: 1,
      runs: [{ attempt: 1, startedAt: START, endedAt: START + 5, outcome: "done" }],
    });
  },

  "a failure is tried again after its backoff, the last one kills": (bench) => {
    const { session, id, lease } = held(bench, true, { maxAttempts: 2 });
    expect(bench.event({ type: "ack", id, lease, result: { err: "one" } })).toEqual({ id, status: "Failed" });
    expect(bench.view(id)).toMatchObject({ attempt: 1, runAt: START + 1000, lastResult: { err: "one" } });
    expect(bench.view(id)).not.toHaveProperty("doneAt");
    bench.now += 1000;
    bench.claim(session, 1, true);
    expect(bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "two" } })).toEqual({
      id,
      status: "Killed",
    });
    expect(bench.view(id)).toMatchObject({ attempt: 2, doneAt: START + 1000, lastResult: { err: "two" } });
    expect(bench.view(id).runs.map((run) => [run.outcome, run.error])).toEqual([
      ["failed", "one"],
      ["killed", "two"],
    ]);
  },

  "an ack's own retryAfterMs wins over the backoff, zero included, and abort wins over both": (bench) => {
    for (const [retryAfterMs, runAt] of [
      [0, START],
      [77, START + 77],
    ] as const) {
      const { id, lease } = held(bench, true);
      bench.event({ type: "ack", id, lease, result: { err: "x", retryAfterMs } });
      expect(bench.view(id)).toMatchObject({ status: "Failed", runAt });
      bench.now = runAt;
      bench.claim(bench.worker("z"), 9);
      bench.now = START;
    }
    const { id, lease } = held(bench, true);
    const answer = bench.event({ type: "ack", id, lease, result: { err: "x", retryAfterMs: 5, abort: true } });
    expect(answer).toEqual({ id, status: "Killed" });
    expect(bench.view(id).runs).toMatchObject([{ outcome: "killed", error: "x" }]);
  },

  "a snooze gives the attempt back, and so does a release, which keeps its place": (bench) => {
    for (const autoStart of [true, false]) {
      const first = held(bench, autoStart, { runAt: START - 100 });
      expect(bench.event({ type: "snooze", id: first.id, lease: first.lease, delayMs: 40 })).toEqual({
        id: first.id,
        status: "Pending",
      });
      expect(bench.view(first.id)).toMatchObject({ attempt: 0, runAt: START + 40 });
      const second = held(bench, autoStart, { runAt: START - 100 });
      expect(bench.event({ type: "release", id: second.id, lease: second.lease })).toEqual({
        id: second.id,
        status: "Pending",
      });
      expect(bench.view(second.id)).toMatchObject({ attempt: 0, runAt: START - 100 });
      const outcomes = [first.id, second.id].map((id) => bench.view(id).runs.map((run) => run.outcome));
      expect(outcomes).toEqual(autoStart ? [["snoozed"], ["released"]] : [[], []]);
      bench.claim(bench.worker(autoStart ? "y" : "z"), 9);
    }
  },

  "an extension moves the deadline of what runs, and only of that": (bench) => {
    const { id, lease } = held(bench, true);
    bench.now += 50;
    expect(bench.event({ type: "extend", id, lease, timeoutMs: 200 })).toEqual({ id, status: "Running" });
    expect(bench.raw(id).deadline).toBe(START + 250);
    expect(bench.view(id)).not.toHaveProperty("timeoutMs");
    expect(bench.journal.wakeAt).toBe(START + 250);
    const queued = held(bench, false);
    const refusal = { error: { code: "wrong_status", taskStatus: "Queued" } };
    expect(bench.untouched(() => bench.event({ ...queued, type: "extend", timeoutMs: 1 }))).toMatchObject(refusal);
  },

  "progress is kept as received and told, whether the task runs yet or not": (bench) => {
    for (const autoStart of [true, false]) {
      const { id, lease } = held(bench, autoStart);
      const progress = '{"at": 0.50, "s": "é😀\\u0000"}';
      expect(bench.event({ type: "progress", id, lease, progress })).toEqual({
        id,
        status: autoStart ? "Running" : "Queued",
      });
      expect(bench.view(id)).toMatchObject({ progress, revision: 2 });
      expect(bench.journal.progressed).toEqual([bench.row(id).seq]);
      bench.event({ type: "ack", id, lease, result: { ok: "1" } });
      expect(bench.view(id).progress).toBe(progress);
    }
  },

  "several events of one task in one batch are one write, and each is answered": (bench) => {
    const { id, lease } = held(bench, false);
    const answers = bench.events([
      { type: "start", id, lease },
      { type: "progress", id, lease, progress: "1" },
      { type: "progress", id, lease, progress: "2" },
      { type: "ack", id, lease, result: { ok: "3" } },
      { type: "progress", id, lease, progress: "4" },
      { type: "ack", id, lease, result: { err: "late" } },
    ]);
    expect(answers.slice(0, 4).map((answer) => "status" in answer && answer.status)).toEqual([
      "Running",
      "Running",
      "Running",
      "Done",
    ]);
    expect(answers[4]).toMatchObject({ error: { code: "lease_lost", taskStatus: "Done" } });
    expect(answers[5]).toEqual({ id, status: "Done" });
    expect(bench.view(id)).toMatchObject({
      status: "Done",
      progress: "2",
      lastResult: { ok: "3" },
      runs: [{ outcome: "done" }],
    });
    expect(bench.view(id).runs).toHaveLength(1);
  },

  "answers come in the order of the events, and a refused one spoils no other": (bench) => {
    const session = bench.worker();
    const ids = [0, 1, 2].map(() => bench.leased(session));
    const gone = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const events = [...ids.map((id) => ({ type: "ack", id, lease: bench.lease(id), result: { ok: "1" } }) as const)];
    const stale = { ...(events[1] as HolderEvent), lease: "zzz.1" } as HolderEvent;
    const answers = bench.events([
      ...events.slice(2),
      { type: "release", id: gone, lease: "a.1" },
      stale,
      ...events.slice(0, 1),
    ]);
    expect(answers).toMatchObject([
      { id: ids[2], status: "Done" },
      { id: gone, error: { code: "task_not_found" } },
      { id: ids[1], error: { code: "lease_lost", taskStatus: "Queued" } },
      { id: ids[0], status: "Done" },
    ]);
    expect(bench.tally.counts).toMatchObject({ Done: 2, Queued: 1 });
  },

  "nothing at all may be reported": (bench) => {
    expect(bench.untouched(() => bench.events([]))).toEqual([]);
  },
};
