/** Cases of the store: every statement finds its rows by a key or an index, whatever the size of the queue. */

import { expect } from "vitest";
import { hasBacklog, nextDueAt, oldestDueAt } from "../../../src/store/backlog.ts";
import { bulkSlice } from "../../../src/store/bulk.ts";
import { claim } from "../../../src/store/claim.ts";
import { heldLeases, heldTasks } from "../../../src/store/leased.ts";
import { list } from "../../../src/store/list.ts";
import { checkStatus } from "../../../src/store/status.ts";
import { nextDeadline } from "../../../src/store/sweep.ts";
import { cancel, remove, reschedule, resume, update } from "../../../src/store/tasks.ts";
import { purgeSlice, vacuumSlice } from "../../../src/store/vacuum.ts";
import { goodbye, listWorkers } from "../../../src/store/workers.ts";
import { recording } from "../../support/recording.ts";
import { StoreBench, type StoreCases } from "../../support/store.ts";

/** Each statement of the work, with the steps of its plan. */
function plansOf(bench: StoreBench, work: (recorded: StoreBench) => void): { statement: string; steps: string[] }[] {
  const { driver, calls } = recording(bench.sql);
  const recorded = new StoreBench(driver);
  calls.length = 0;
  // What the harness itself asks is not what is looked at.
  recorded.check = () => undefined;
  work(recorded);
  return [...new Map(calls.map(({ statement, parameters }) => [statement, parameters]))]
    .filter(([statement]) => /\btask\b/.test(statement))
    .map(([statement, parameters]) => {
      const rows = bench.sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, ...parameters);
      return { statement: statement.trim(), steps: rows.map((row) => row.detail) };
    });
}

/** Statements that read the whole table, or sort what an index should have sorted. */
const scans = (plans: readonly { statement: string; steps: string[] }[]) =>
  plans.filter(({ steps }) => steps.some((step) => /^SCAN task(?! USING (COVERING )?INDEX)/.test(step)));

const ENTRY = { idempotencyKey: "k", idempotencyUntil: "terminal", groupKey: "g", timeoutMs: 5 } as const;

export const planCases: StoreCases = {
  "push, direct or not, with keys or without": (bench) => {
    const plans = plansOf(bench, (store) => {
      store.push({}, ENTRY, { delayMs: 5 });
      store.pushTo([store.taker(store.worker(), 5)], {}, ENTRY);
    });
    expect(scans(plans)).toEqual([]);
    const lookup = plans.find(({ statement }) => statement.includes("wanted"));
    expect(lookup?.steps).toContain("SEARCH task USING INDEX task_key (idem_key=? AND freed=?)");
  },

  "claim: the indexes give the order, nothing is sorted": (bench) => {
    const plans = plansOf(bench, (store) => {
      store.push(...Array.from({ length: 150 }, () => ({ delayMs: 5 })), {});
      store.now += 5;
      store.claim(store.worker(), 3, true);
    });
    expect(scans(plans)).toEqual([]);
    const candidates = plans.find(({ statement }) => statement.startsWith("SELECT * FROM (SELECT"))?.steps ?? [];
    expect(candidates.filter((step) => /task_ready|task_scheduled/.test(step))).toHaveLength(2);
    expect(candidates.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
    const written = plans.find(({ statement }) => statement.startsWith("UPDATE task SET\n    status = 1"))?.steps ?? [];
    expect(written).toContain("SEARCH task USING INTEGER PRIMARY KEY (rowid=?)");
    const promoted = plans.find(({ statement }) => statement.startsWith("UPDATE task SET place = 1"))?.steps ?? [];
    expect(promoted.some((step) => step.includes("task_scheduled (run_at<?)"))).toBe(true);
    expect(promoted.filter((step) => step.includes("TEMP B-TREE FOR ORDER BY"))).toEqual([]);
  },

  "events of every kind": (bench) => {
    const plans = plansOf(bench, (store) => {
      const session = store.worker();
      const leased = () => {
        const id = store.leased(session, { ...ENTRY, idempotencyKey: `${store.tally.nextSeq}` });
        return { id, lease: store.lease(id) };
      };
      store.event({ type: "start", ...leased() });
      store.event({ type: "progress", ...leased(), progress: "1" });
      store.event({ type: "ack", ...leased(), result: { ok: "1" } });
      store.event({ type: "ack", ...leased(), result: { err: "x" } });
      store.event({ type: "release", ...leased() });
    });
    expect(scans(plans)).toEqual([]);
    const settled = plans.find(({ statement }) => statement.startsWith("UPDATE task SET status = to_.status, place"));
    expect(settled?.steps).toContain("SEARCH task USING INTEGER PRIMARY KEY (rowid=?)");
  },

  "sweep and the deadlines: only what is leased is looked at": (bench) => {
    const plans = plansOf(bench, (store) => {
      const session = store.worker();
      for (const autoStart of [true, false]) store.leased(session, {}, autoStart);
      store.leased(store.worker("b"), { timeoutMs: 1 }, true);
      nextDeadline(store.tx());
      store.now += 60_000;
      store.sweep();
      store.worker("b");
      store.commit((tx) => goodbye(tx, session));
      listWorkers(store.tx());
      heldLeases(store.tx(), session.id);
      heldTasks(store.tx(), session.id, [1, 2]);
    });
    expect(scans(plans)).toEqual([]);
    expect(plans.filter(({ steps }) => steps.some((step) => step.includes("task_leased"))).length).toBeGreaterThan(4);
  },

  "one by id, and many": (bench) => {
    const plans = plansOf(bench, (store) => {
      const id = store.pushOne(ENTRY);
      store.commit((tx) => [update(tx, id, { priority: 1 }), cancel(tx, id), resume(tx, id), reschedule(tx, id, 0)]);
      for (const filter of [{}, { status: "Failed" }, { groupKey: "g", after: 5, before: 9 }] as const) {
        store.commit((tx) => bulkSlice(tx, { verb: "cancel", filter, dryRun: false, runAt: 0 }, null, 10));
      }
      checkStatus(store.tx(), [id]);
      store.commit((tx) => remove(tx, id));
    });
    expect(scans(plans)).toEqual([]);
  },

  "lists walk the sequence, or the index that serves the filter": (bench) => {
    const plans = plansOf(bench, (store) => {
      store.push(ENTRY, {});
      store.commit((tx) => cancel(tx, store.idAt(2)));
      for (const order of ["newest", "oldest"] as const) {
        for (const filter of [
          {},
          { status: "Killed" },
          { status: "Pending" },
          { idempotencyKey: "k" },
          { groupKey: "g" },
        ] as const) {
          list(store.tx(), { ...filter, order, after: 1 });
        }
      }
    });
    expect(scans(plans)).toEqual([]);
    const used = (index: string) => plans.filter(({ steps }) => steps.some((step) => step.includes(index)));
    expect(used("task_unhappy (status=? AND rowid>? AND rowid<?)")).toHaveLength(2);
    expect(used("task_key (idem_key=?)")).toHaveLength(2);
    expect(used("INTEGER PRIMARY KEY (rowid>? AND rowid<?)").length).toBeGreaterThan(1);
  },

  "vacuum and the numbers": (bench) => {
    const plans = plansOf(bench, (store) => {
      store.push({}, { priority: 1 }, { delayMs: 5 });
      store.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, 10));
      const tx = store.tx();
      hasBacklog(tx);
      nextDueAt(tx);
      oldestDueAt(tx);
      store.commit((inner) => claim(inner, [store.taker(store.worker(), 0)]));
    });
    expect(scans(plans)).toEqual([]);
    const sorted = plans.filter(({ steps }) => steps.some((step) => step.includes("TEMP B-TREE")));
    expect(sorted).toEqual([]);
  },

  "purge alone goes along the whole table: all of it is to go": (bench) => {
    const plans = plansOf(bench, (store) => {
      store.push({});
      store.commit((tx) => purgeSlice(tx));
    });
    expect(scans(plans).map(({ statement }) => statement)).toEqual([
      "SELECT seq FROM task WHERE lease IS NULL ORDER BY seq LIMIT 1000",
    ]);
  },
};
