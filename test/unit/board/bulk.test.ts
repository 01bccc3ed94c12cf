// One verb for many tasks, against a server that does as the real one: it starts at the front with every call.

import { describe, expect, test } from "vitest";
import { type BulkApi, type BulkFilter, type BulkVerb, countBulk, runBulk } from "../../../src/board/pages/bulk-run.ts";
import type { Status } from "../../../src/board/pages/task-model.ts";
import { APPLIES } from "../../../src/board/pages/task-offers.ts";

interface Entry {
  readonly id: string;
  status: Status;
  runAt: number;
}

const AFTER: Record<BulkVerb, Status | null> = {
  resume: "Pending",
  cancel: "Killed",
  reschedule: "Pending",
  delete: null,
};

/** @param patience rows that one call looks at */
function fakeServer(statuses: readonly Status[], patience = Number.POSITIVE_INFINITY) {
  let tasks: Entry[] = statuses.map((status, place) => ({ id: `t${place}`, status, runAt: 0 }));
  const calls: { verb: BulkVerb; body: Parameters<BulkApi["bulk"]>[1] }[] = [];
  const fits = (filter: BulkFilter) => (task: Entry) => filter.status === undefined || task.status === filter.status;
  const api: BulkApi = {
    bulk: async (verb, body) => {
      calls.push({ verb, body });
      const { ids, filter = {}, limit = Number.POSITIVE_INFINITY, dryRun, runAt = 0 } = body;
      const seen = ids ? tasks.filter(({ id }) => ids.includes(id)) : tasks.slice(0, patience).filter(fits(filter));
      const matched = seen.slice(0, limit);
      const changed = matched.filter(({ status }) => APPLIES[verb].includes(status));
      if (!dryRun) {
        const status = AFTER[verb];
        if (status === null) tasks = tasks.filter((task) => !changed.includes(task));
        else for (const task of changed) Object.assign(task, { status, runAt });
      }
      const more = ids === undefined && (seen.length > limit || tasks.length > patience);
      return { matched: matched.length, changed: changed.length, more };
    },
    list: async (filter, cursor = "0") => {
      const from = Number(cursor);
      const ids = tasks
        .slice(from, from + 3)
        .filter(fits(filter))
        .map(({ id }) => id);
      return { ids, nextCursor: from + 3 < tasks.length ? String(from + 3) : undefined };
    },
  };
  return { api, calls, tasks: () => tasks };
}

const many = (count: number, status: Status): Status[] => Array.from({ length: count }, () => status);
const unwatched = { onProgress: () => {}, isStopped: () => false };

describe("counting", () => {
  test("counts what would change, and changes nothing", async () => {
    const server = fakeServer([...many(3, "Failed"), "Done", "Killed"]);
    expect(await countBulk(server.api, { verb: "resume", choice: { filter: {} } })).toEqual({ count: 4, more: false });
    expect(server.calls.every(({ body }) => body.dryRun === true)).toBe(true);
    expect(server.tasks().map(({ status }) => status)).toEqual([...many(3, "Failed"), "Done", "Killed"]);
  });

  test("says that there are more where the server stops counting", async () => {
    const server = fakeServer(many(10_001, "Killed"));
    const order = { verb: "delete", choice: { filter: { status: "Killed" } } } as const;
    expect(await countBulk(server.api, order)).toEqual({ count: 10_000, more: true });
  });
});

describe("doing", () => {
  test("goes on until all are done, and tells how far it is", async () => {
    const server = fakeServer([...many(2_500, "Killed"), "Done"]);
    const progress: number[] = [];
    const order = { verb: "resume", choice: { filter: { status: "Killed" } } } as const;
    const changed = await runBulk(server.api, order, { ...unwatched, onProgress: (sofar) => progress.push(sofar) });
    expect(changed).toBe(2_500);
    expect(progress).toEqual([1_000, 2_000, 2_500]);
    expect(server.tasks().at(-1)?.status).toBe("Done");
  });

  test("asks for one status after the other, and never for one that the verb does not fit", async () => {
    const server = fakeServer([...many(2_000, "Done"), "Failed", "Pending", "Running"]);
    expect(await runBulk(server.api, { verb: "cancel", choice: { filter: { groupKey: "g" } } }, unwatched)).toBe(3);
    expect(server.calls.map(({ body }) => body.filter)).toEqual(
      ["Pending", "Queued", "Running", "Failed"].map((status) => ({ groupKey: "g", status })),
    );
  });

  test("reschedules those that wait, each once, although they go on matching", async () => {
    const server = fakeServer([...many(7, "Pending"), "Done"]);
    const order = { verb: "reschedule", choice: { filter: { status: "Pending" } }, runAt: 99 } as const;
    expect(await runBulk(server.api, order, unwatched)).toBe(7);
    expect(server.tasks().map(({ runAt }) => runAt)).toEqual([...Array(7).fill(99), 0]);
    expect(server.calls.flatMap(({ body }) => body.ids ?? [])).toEqual(["t0", "t1", "t2", "t3", "t4", "t5", "t6"]);
  });

  test("reaches tasks behind more rows than the server looks at in one call", async () => {
    const server = fakeServer([...many(20, "Done"), "Killed", "Killed"], 10);
    const order = { verb: "resume", choice: { filter: { status: "Killed" } } } as const;
    expect(await runBulk(server.api, order, unwatched)).toBe(2);
  });

  test("stops between two steps when it is told to", async () => {
    const server = fakeServer(many(5_000, "Killed"));
    let changed = 0;
    const watch = { onProgress: (sofar: number) => (changed = sofar), isStopped: () => changed >= 2_000 };
    expect(await runBulk(server.api, { verb: "delete", choice: { filter: { status: "Killed" } } }, watch)).toBe(2_000);
    expect(server.tasks()).toHaveLength(3_000);
  });

  test("does what was chosen by id in one call, and leaves all else alone", async () => {
    const server = fakeServer(["Killed", "Killed", "Failed"]);
    expect(await runBulk(server.api, { verb: "resume", choice: { ids: ["t0", "t2"] } }, unwatched)).toBe(2);
    expect(server.calls).toEqual([{ verb: "resume", body: { ids: ["t0", "t2"] } }]);
    expect(server.tasks().map(({ status }) => status)).toEqual(["Pending", "Killed", "Pending"]);
  });
});
