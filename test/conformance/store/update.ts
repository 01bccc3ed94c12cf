/** Cases of the store: changes to a task that waits or was killed. */

import { expect } from "vitest";
import { cancel, update } from "../../../src/store/tasks.ts";
import type { TaskPatch } from "../../../src/task/task.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const patching = (bench: StoreBench, id: string, patch: TaskPatch) =>
  bench.touching([id], () => bench.commit((tx) => update(tx, id, patch)));

export const updateCases: StoreCases = {
  "each field changes alone, and the rest stays": (bench) => {
    bench.pushOne();
    const backoff = { type: "fixed", baseMs: 1, factor: 1, maxMs: 2, jitter: 0 } as const;
    const patches: TaskPatch[] = [
      { args: '{"new":12345678901234567890}' },
      { priority: -5 },
      { runAt: START + 77 },
      { maxAttempts: 9 },
      { backoff },
      { timeoutMs: 5 },
      { meta: { a: "\u0000" } },
    ];
    for (const patch of patches) {
      const id = bench.pushOne({ args: "1", timeoutMs: 3, meta: { b: 1 } });
      const before = bench.view(id);
      expect(patching(bench, id, patch).ok).toBe(true);
      expect(bench.view(id)).toEqual({ ...before, ...patch, revision: 2 });
    }
  },

  "`null` goes back to what a push without the field would have got": (bench) => {
    const id = bench.pushOne({ timeoutMs: 3, meta: { b: 1 }, backoff: { type: "fixed", baseMs: 1 } });
    bench.configure({ defaults: { backoff: { baseMs: 42 } } });
    patching(bench, id, { timeoutMs: null, meta: null, backoff: null });
    expect(bench.view(id)).toMatchObject({ meta: {}, backoff: { type: "exponential", baseMs: 42 } });
    expect(bench.view(id)).not.toHaveProperty("timeoutMs");
  },

  "a new time moves the task between ready and scheduled, a new priority within the order": (bench) => {
    const [a, b] = bench.push({ args: "a" }, { args: "b" }).map((one) => one.id);
    const [later] = bench.push({ args: "later", delayMs: 1000 }).map((one) => one.id);
    patching(bench, a ?? "", { runAt: START + 10 });
    patching(bench, later ?? "", { runAt: START - 1, priority: -1 });
    patching(bench, b ?? "", { priority: -2 });
    const session = bench.worker();
    expect(bench.claim(session, 9).map((row) => row.args)).toEqual(["later", "b"]);
    bench.now += 10;
    expect(bench.claim(session, 9).map((row) => row.args)).toEqual(["a"]);
  },

  "Failed and Killed may be changed, what is leased or Done may not": (bench) => {
    bench.control();
    const sessions = [0, 1, 2, 3, 4].map((i) => bench.worker(`w${i}`));
    const ids = sessions.map((session, i) => bench.leased(session, {}, i > 0));
    const ack = (i: number, result: { ok: string } | { err: string; abort?: true }) =>
      bench.event({ type: "ack", id: ids[i] ?? "", lease: bench.lease(ids[i] ?? ""), result });
    ack(2, { ok: "1" });
    ack(3, { err: "x" });
    ack(4, { err: "x", abort: true });
    for (const [i, taskStatus] of ["Queued", "Running", "Done"].entries()) {
      const outcome = bench.untouched(() => bench.commit((tx) => update(tx, ids[i] ?? "", { priority: 1 })));
      expect(outcome).toMatchObject({ error: { code: "wrong_status", taskStatus } });
    }
    for (const i of [3, 4]) {
      const before = bench.view(ids[i] ?? "");
      patching(bench, ids[i] ?? "", { priority: 1, runAt: START + 5 });
      expect(bench.view(ids[i] ?? "")).toEqual({
        ...before,
        priority: 1,
        runAt: START + 5,
        revision: before.revision + 1,
      });
    }
  },

  "maxAttempts must be above the attempts that were had": (bench) => {
    bench.control();
    const id = bench.leased(bench.worker(), {}, true);
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "x" } });
    const outcome = bench.untouched(() => bench.commit((tx) => update(tx, id, { maxAttempts: 1, priority: 3 })));
    expect(outcome).toMatchObject({ error: { code: "bad_request", path: "maxAttempts", taskStatus: "Failed" } });
    expect(patching(bench, id, { maxAttempts: 2 }).ok).toBe(true);
  },

  "a revision that is not the present one is refused, the present one is not": (bench) => {
    bench.pushOne();
    const id = bench.pushOne();
    for (const revision of [0, 2]) {
      const outcome = bench.untouched(() => bench.commit((tx) => update(tx, id, { priority: 3, revision })));
      expect(outcome).toMatchObject({ error: { code: "revision_conflict", taskStatus: "Pending" } });
    }
    expect(patching(bench, id, { priority: 3, revision: 1 }).ok).toBe(true);
    expect(patching(bench, id, { priority: 4, revision: 1 })).toMatchObject({ error: { code: "revision_conflict" } });
    expect(patching(bench, id, { priority: 4, revision: 2 }).ok).toBe(true);
  },

  "with another codec args are a base64 string": (bench) => {
    bench.pushOne();
    const id = bench.pushOne({ args: '"AA=="', codec: "msgpack" });
    const outcome = bench.untouched(() => bench.commit((tx) => update(tx, id, { args: "{}" })));
    expect(outcome).toMatchObject({ error: { code: "bad_request", path: "args" } });
    expect(patching(bench, id, { args: '"AAEC"' }).ok).toBe(true);
  },

  "args of a megabyte are changed whole": (bench) => {
    const id = bench.pushOne();
    const args = JSON.stringify("é".repeat(524_287));
    patching(bench, id, { args });
    expect(bench.view(id).args).toBe(args);
  },

  "an unknown id is not found": (bench) => {
    const outcome = bench.commit((tx) => update(tx, "01ARZ3NDEKTSV4RRFFQ69G5FAV", { priority: 1 }));
    expect(outcome).toMatchObject({ error: { code: "task_not_found" } });
  },

  "a Killed task that is changed stays Killed and unclaimed": (bench) => {
    const id = bench.pushOne();
    bench.commit((tx) => cancel(tx, id));
    patching(bench, id, { runAt: START - 1 });
    expect(bench.view(id).status).toBe("Killed");
    expect(bench.claim(bench.worker(), 9)).toEqual([]);
  },
};
