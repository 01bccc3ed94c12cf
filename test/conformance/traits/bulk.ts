/** Cases of verbs on many tasks at once: named, or found by a filter. */

import { expect } from "vitest";
import { HOUR, look, NOBODY, oneOfEach, push, type Status } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { refused, untouched } from "./expecting.ts";

const BULK = ["Bulk"] as const;

/** The status of each, or that it is gone. */
const statuses = async (bench: Bench<"Bulk">, ids: Readonly<Record<Status, string>>): Promise<string[]> =>
  (await bench.store.checkStatus(Object.values(ids))).map(({ status }) => (status === "Unknown" ? "gone" : status));

export const bulkCases: readonly Case[] = [
  check("T.Bulk.bulk.resume", BULK, "resume of many resumes those that can be, and counts them", async (bench) => {
    const ids = await oneOfEach(bench);
    const named = [...Object.values(ids), NOBODY, ids.Done];
    expect(await bench.backend.bulk("resume", { ids: named })).toEqual({ matched: 6, changed: 2, more: false });
    expect((await look(bench, ids.Failed)).status).toBe("Pending");
    expect((await look(bench, ids.Killed)).status).toBe("Pending");
    for (const status of ["Queued", "Running", "Done"] as const)
      expect((await look(bench, ids[status])).status).toBe(status);
  }),

  check("T.Bulk.bulk.cancel", BULK, "cancel of many ends those that have not ended", async (bench) => {
    const ids = await oneOfEach(bench);
    expect(await bench.backend.bulk("cancel", { ids: Object.values(ids) })).toEqual({
      matched: 6,
      changed: 4,
      more: false,
    });
    expect(new Set(await statuses(bench, ids))).toEqual(new Set(["Killed", "Done"]));
  }),

  check("T.Bulk.bulk.reschedule", BULK, "reschedule of many moves all but the Done", async (bench) => {
    const ids = await oneOfEach(bench);
    const order = { ids: Object.values(ids), delayMs: HOUR };
    expect(await bench.backend.bulk("reschedule", order)).toEqual({ matched: 6, changed: 5, more: false });
    expect(new Set(await statuses(bench, ids))).toEqual(new Set(["Pending", "Done"]));
  }),

  check("T.Bulk.bulk.delete", BULK, "delete of many skips what is leased", async (bench) => {
    const ids = await oneOfEach(bench);
    await untouched(bench, [ids.Queued, ids.Running], async () => {
      expect(await bench.backend.bulk("delete", { ids: Object.values(ids) })).toMatchObject({
        changed: 4,
        more: false,
      });
    });
    expect((await statuses(bench, ids)).filter((status) => status === "gone")).toHaveLength(4);
  }),

  check("T.Bulk.bulk.filter", BULK, "a filter finds by status and by group", async (bench) => {
    const ids = await oneOfEach(bench);
    const other = await push(bench, { groupKey: "Failed", runAt: bench.now() + HOUR });
    const order = { filter: { status: "Failed", groupKey: "Failed" } } as const;
    expect(await bench.backend.bulk("cancel", order)).toEqual({ matched: 1, changed: 1, more: false });
    expect((await look(bench, ids.Failed)).status).toBe("Killed");
    expect((await look(bench, other)).status).toBe("Pending");
  }),

  check("T.Bulk.bulk.dry", BULK, "a dry run tells what it would do, and does nothing", async (bench) => {
    const ids = await oneOfEach(bench);
    await untouched(bench, Object.values(ids), async () => {
      expect(await bench.backend.bulk("cancel", { filter: {}, dryRun: true })).toMatchObject({ changed: 4 });
      expect(await bench.backend.bulk("resume", { ids: Object.values(ids), dryRun: true })).toMatchObject({
        changed: 2,
      });
    });
  }),

  check("T.Bulk.bulk.limit", BULK, "a limit stops it, and it says that there is more", async (bench) => {
    await bench.store.pushBulk([1, 2, 3, 4, 5]);
    const order = { filter: { status: "Pending" }, limit: 2 } as const;
    expect(await bench.backend.bulk("cancel", order)).toMatchObject({ changed: 2, more: true });
    expect(await bench.backend.bulk("cancel", order)).toMatchObject({ changed: 2, more: true });
    expect(await bench.backend.bulk("cancel", order)).toMatchObject({ changed: 1, more: false });
    expect((await bench.store.fetchByQueue()).counts.Killed).toBe(5);
  }),

  check("T.Bulk.bulk.wrong", BULK, "an order that is none is refused, and nothing changes", async (bench) => {
    const id = await push(bench);
    await untouched(bench, [id], async () => {
      await refused(bench.backend.bulk("cancel", { ids: [] }), "bad_request", { path: "ids" });
      await refused(bench.backend.bulk("cancel", { ids: Array(1_001).fill(id) }), "bad_request", { path: "ids" });
      await refused(bench.backend.bulk("reschedule", { ids: [id] }), "bad_request", { path: "delayMs" });
      await refused(bench.backend.bulk("reschedule", { ids: [id], delayMs: 1, runAt: 1 }), "bad_request", {
        path: "runAt",
      });
      await refused(bench.backend.bulk("cancel", { filter: {}, limit: 0 }), "bad_request", { path: "limit" });
      await refused(bench.backend.bulk("cancel", { filter: { status: "done" as Status } }), "bad_request", {
        path: "filter.status",
      });
    });
  }),
];
