/** Cases of the store: verbs on one task by its id. */

import { expect } from "vitest";
import { cancel, remove, reschedule, resume } from "../../../src/store/tasks.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { formatId, parseId } from "../../../src/task/id.ts";
import type { Result } from "../../../src/task/result.ts";
import type { Status } from "../../../src/task/status.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

const VERBS: Record<string, (tx: Tx, id: string) => Result<unknown>> = {
  resume,
  cancel,
  remove,
  reschedule: (tx, id) => reschedule(tx, id, START + 500),
};

/** A task of any status, beside a control row. */
function taskOf(bench: StoreBench, status: Status): string {
  if (status === "Pending") return bench.pushOne({ args: "{}", runAt: START - 10 });
  const session = bench.worker(`w${bench.tally.nextSession}`);
  const id = bench.pushOne({ args: "{}", runAt: START - 10, priority: bench.tally.nextSeq });
  bench.claim(session, 1, status !== "Queued");
  const lease = bench.lease(id);
  if (status === "Done") bench.event({ type: "ack", id, lease, result: { ok: "1" } });
  if (status === "Failed") bench.event({ type: "ack", id, lease, result: { err: "x" } });
  if (status === "Killed") bench.event({ type: "ack", id, lease, result: { err: "x", abort: true } });
  return id;
}

const EVERY: readonly Status[] = ["Queued", "Running", "Done", "Failed", "Killed", "Pending"];

/** What a verb answers and leaves, for a task of each status: its answer, then status, attempt and runAt. */
function tries(bench: StoreBench, verb: string): Record<string, unknown> {
  const results: Record<string, unknown> = {};
  for (const status of EVERY) {
    const id = taskOf(bench, status);
    bench.now += 7;
    const run = () => bench.commit((tx) => VERBS[verb]?.(tx, id));
    const outcome = bench.touching([id], run);
    if (!outcome?.ok) results[status] = outcome?.error.code;
    else if (bench.sql.all("SELECT 1 FROM task WHERE seq = ?1", parseId(id)?.seq ?? 0).length === 0)
      results[status] = "gone";
    else results[status] = [bench.view(id).status, bench.view(id).attempt, bench.view(id).runAt - START];
    bench.now = START;
  }
  return results;
}

export const taskCases: StoreCases = {
  "reschedule: any but Done waits for its new time, Killed begins anew": (bench) => {
    expect(tries(bench, "reschedule")).toEqual({
      Pending: ["Pending", 0, 500],
      Queued: ["Pending", 0, 500],
      Running: ["Pending", 0, 500],
      Done: "wrong_status",
      Failed: ["Pending", 1, 500],
      Killed: ["Pending", 0, 500],
    });
  },

  "resume: Failed and Killed are due now and begin anew, all else stays as it is": (bench) => {
    expect(tries(bench, "resume")).toEqual({
      Pending: ["Pending", 0, -10],
      Queued: ["Queued", 0, -10],
      Running: ["Running", 1, -10],
      Done: ["Done", 1, -10],
      Failed: ["Pending", 0, 7],
      Killed: ["Pending", 0, -10],
    });
  },

  "cancel: any but terminal is Killed": (bench) => {
    expect(tries(bench, "cancel")).toEqual({
      Pending: ["Killed", 0, -10],
      Queued: ["Killed", 0, -10],
      Running: ["Killed", 1, -10],
      Done: ["Done", 1, -10],
      Failed: ["Killed", 1, 1000],
      Killed: ["Killed", 1, -10],
    });
  },

  "delete: any that is not leased is gone": (bench) => {
    expect(tries(bench, "remove")).toEqual({
      Pending: "gone",
      Queued: "wrong_status",
      Running: "wrong_status",
      Done: "gone",
      Failed: "gone",
      Killed: "gone",
    });
  },

  "what is refused, or answers false, changes nothing": (bench) => {
    bench.control();
    const untouched = (verb: string, status: Status) => {
      const id = taskOf(bench, status);
      const outcome = bench.untouched(() => bench.commit((tx) => VERBS[verb]?.(tx, id)));
      expect(bench.rows).toBe(0);
      return outcome;
    };
    for (const status of ["Pending", "Queued", "Running", "Done"] as const)
      expect(untouched("resume", status)).toEqual({ ok: true, value: false });
    for (const status of ["Done", "Killed"] as const)
      expect(untouched("cancel", status)).toEqual({ ok: true, value: false });
    for (const taskStatus of ["Queued", "Running"] as const) {
      expect(untouched("remove", taskStatus)).toMatchObject({ error: { code: "wrong_status", taskStatus } });
    }
    expect(untouched("reschedule", "Done")).toMatchObject({ error: { code: "wrong_status", taskStatus: "Done" } });
  },

  "an id that is unknown, ill-formed, guessed or of another partition is not found": (bench) => {
    const id = bench.pushOne();
    const real = parseId(id) ?? { ms: 0, partition: 0, seq: 0, random: 0 };
    const ids = [
      "",
      "x",
      "01ARZ3NDEKTSV4RRFFQ69G5FAV",
      id.toLowerCase(),
      formatId({ ...real, random: real.random ^ 1 }),
      formatId({ ...real, partition: 3 }),
    ];
    for (const verb of Object.values(VERBS)) {
      for (const one of ids) {
        expect(bench.untouched(() => bench.commit((tx) => verb(tx, one)))).toMatchObject({
          error: { code: "task_not_found" },
        });
      }
    }
  },

  "a cancelled task says so, closes its run, and its holder is told": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    const lease = bench.lease(id);
    bench.now += 5;
    bench.commit((tx) => cancel(tx, id));
    expect(bench.view(id)).toMatchObject({
      status: "Killed",
      doneAt: START + 5,
      lastResult: { err: "cancelled" },
      runs: [{ attempt: 1, worker: "a", startedAt: START, endedAt: START + 5, outcome: "cancelled" }],
    });
    expect(bench.journal.lost).toEqual([{ session: session.id, id, lease, reason: "cancelled" }]);
    expect(bench.journal).toMatchObject({ killed: 1, finished: [1], expiresAt: START + 5 + 14 * 86_400_000 });
  },

  "a rescheduled task closes its run, keeps its results, and its holder is told": (bench) => {
    const session = bench.worker("a");
    const id = bench.leased(session, {}, true);
    const lease = bench.lease(id);
    const row = value(bench.commit((tx) => reschedule(tx, id, START + 9)));
    expect(row).toMatchObject({ status: 0, run_at: START + 9, lease: null });
    expect(bench.view(id).runs).toMatchObject([{ outcome: "rescheduled" }]);
    expect(bench.journal.lost).toEqual([{ session: session.id, id, lease, reason: "rescheduled" }]);
  },

  "a leased task whose worker is dead is resumed, its run closed as orphaned, its holder told": (bench) => {
    const session = bench.worker("a");
    const ids = [bench.leased(session), bench.leased(session, {}, true)];
    bench.now += 60_000;
    for (const id of ids) {
      const lease = bench.lease(id);
      expect(bench.commit((tx) => resume(tx, id))).toEqual({ ok: true, value: true });
      expect(bench.view(id)).toMatchObject({ status: "Pending", attempt: 0, runAt: START });
      expect(bench.journal.lost).toEqual([{ session: session.id, id, lease, reason: "orphaned" }]);
    }
    expect(bench.view(ids[1] ?? "").runs).toMatchObject([{ outcome: "orphaned" }]);
  },

  "a resumed task keeps its runs and its last result, and may be claimed": (bench) => {
    const id = taskOf(bench, "Killed");
    const { runs, lastResult } = bench.view(id);
    bench.commit((tx) => resume(tx, id));
    expect(bench.view(id)).toMatchObject({ runs, lastResult });
    expect(bench.view(id)).not.toHaveProperty("doneAt");
    expect(bench.claim(bench.worker("z")).map((row) => bench.idOf(row))).toEqual([id]);
  },

  "a deleted task is told as gone, and its row is": (bench) => {
    const id = bench.pushOne();
    bench.commit((tx) => remove(tx, id));
    expect(bench.journal.gone).toEqual([{ seq: 1, id }]);
    expect(bench.dump().task).toEqual([]);
    expect(bench.commit((tx) => remove(tx, id))).toMatchObject({ error: { code: "task_not_found" } });
  },

  "every change that a user can see raises the revision by one": (bench) => {
    const session = bench.worker();
    const id = bench.pushOne({ maxAttempts: 9 });
    const revisions: number[] = [bench.view(id).revision];
    const after = (work: () => unknown) => {
      work();
      revisions.push(bench.view(id).revision);
    };
    after(() => bench.claim(session));
    after(() => bench.event({ type: "start", id, lease: bench.lease(id) }));
    after(() => bench.event({ type: "progress", id, lease: bench.lease(id), progress: "1" }));
    after(() => bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "x" } }));
    after(() => bench.commit((tx) => resume(tx, id)));
    after(() => bench.commit((tx) => reschedule(tx, id, START)));
    after(() => bench.commit((tx) => cancel(tx, id)));
    expect(revisions).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  },
};
