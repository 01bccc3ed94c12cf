/** A file of the first schema, with a task in every state, through all verbs after the upgrade. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Task } from "../../../src/backend/task.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { SqliteStorage } from "../../../src/sqlite/index.ts";
import { Worker } from "../../../src/worker/index.ts";
import { LEFT_AT, MIGRATION_1, RUNNING_LEASE } from "../../conformance/store/migration-1.ts";
import { cleanUp, temporaryFolder } from "../../support/cleanup.ts";

interface Email {
  readonly to: string;
}

/** The mark of a queue's file, as the version of that time set it. */
const APPLICATION_ID = 0x5072_6e69;

function fileOfThen(): string {
  const path = join(temporaryFolder(), "queue.db");
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; ${MIGRATION_1}`);
  database.close();
  return path;
}

/** The file of then, opened by the program of today five seconds later. */
async function upgraded() {
  const path = fileOfThen();
  const clock = new VirtualClock(LEFT_AT + 5_000);
  const emails = new SqliteStorage<Email, string>("emails", { path, clock, random: () => 0.5 });
  cleanUp(() => emails.close());
  const { tasks } = await emails.listTasks();
  const of = (name: string): Task<Email, string> => {
    const found = tasks.find(({ args }) => args.to === name);
    if (found === undefined) throw new Error(`there is no task ${name}`);
    return found;
  };
  return { path, clock, emails, of };
}

const statusOf = async ({ emails, of }: Awaited<ReturnType<typeof upgraded>>, name: string) =>
  (await emails.fetchById(of(name)))?.status;

test("the schema goes up version by version, and a second opening finds nothing to do", async () => {
  const { path, emails } = await upgraded();
  emails.close();
  new SqliteStorage("emails", { path }).close();
  const database = new DatabaseSync(path);
  const versions = database.prepare("SELECT version FROM migration ORDER BY version").all();
  database.close();
  expect(versions.length).toBeGreaterThan(1);
  expect(versions.map(({ version }) => version)).toEqual(versions.map((_, at) => at + 1));
});

test("every task is there as it was: status, attempts, runs with their logs, results, progress, settings and numbers", async () => {
  const { emails, of } = await upgraded();
  const { tasks } = await emails.listTasks({ order: "oldest" });
  expect(tasks.map(({ args, status, attempt }) => [args.to, status, attempt])).toEqual([
    ["done", "Done", 1],
    ["freed", "Done", 1],
    ["killed", "Killed", 1],
    ["failed", "Failed", 1],
    ["running", "Running", 1],
    ["queued", "Queued", 0],
    ["pending", "Pending", 0],
    ["due later", "Pending", 0],
    ["urgent", "Pending", 0],
  ]);
  expect(of("killed")).toMatchObject({ groupKey: "g", meta: { from: "shop" }, progress: { percent: 50 } });
  expect(of("killed").runs).toMatchObject([
    { worker: "first", outcome: "killed", error: "no such address", logs: ["INFO to killed"] },
  ]);
  expect(await emails.checkStatus([of("done")])).toMatchObject([{ status: "Done", value: "sent to done" }]);
  expect(await emails.waitForSingle(of("killed"))).toMatchObject({ status: "Killed", error: "no such address" });
  expect((await emails.listTasks({ status: "Failed" })).tasks.map(({ args }) => args.to)).toEqual(["failed"]);
  expect((await emails.config()).defaults.maxAttempts).toBe(4);
  const counts = { Pending: 3, Queued: 1, Running: 1, Done: 2, Failed: 1, Killed: 1 };
  expect(await emails.fetchByQueue()).toMatchObject({ counts, activity: [0, 0, 0, 0, 0, 0, 9] });
  expect((await emails.listWorkers()).map(({ id, leases }) => [id, leases])).toEqual([["second", 2]]);
});

test("keys hold what they held: the same key finds its task, one that was freed makes another", async () => {
  const { emails, of } = await upgraded();
  const again = (to: string, rest: object) => emails.pushTask({ args: { to }, idempotencyKey: to, ...rest });
  expect(await again("done", {})).toMatchObject({ id: of("done").id, created: false });
  expect(await again("running", {})).toMatchObject({ id: of("running").id, created: false });
  expect(await again("killed", { groupKey: "g" })).toMatchObject({ id: of("killed").id, created: false });
  expect(await again("freed", { groupKey: "g" })).toMatchObject({ created: true });
});

test("a lease of then is good: its holder may end what it ran, once", async () => {
  const queue = await upgraded();
  const { emails, of } = queue;
  const held = { ...of("running"), lease: RUNNING_LEASE };
  await emails.reschedule(held, "1h");
  expect(await statusOf(queue, "running")).toBe("Pending");
  const wrong = { ...of("queued"), lease: "6t3mh5snqf.99" };
  await expect(emails.reschedule(wrong, "1h")).rejects.toMatchObject({ code: "lease_lost" });
});

test("what the dead worker held comes back when it was silent for too long: burned if it ran, unburned if not", async () => {
  const queue = await upgraded();
  await queue.clock.advance("3m");
  expect(await queue.emails.fetchById(queue.of("queued"))).toMatchObject({ status: "Pending", attempt: 0 });
  const { status, attempt, runs } = (await queue.emails.fetchById(queue.of("running"))) ?? {};
  expect({ status, attempt, outcome: runs?.at(-1)?.outcome }).toEqual({
    status: "Failed",
    attempt: 1,
    outcome: "orphaned",
  });
  expect(await queue.emails.resumeAbandoned()).toBe(0);
});

test("each verb by id does to a task of then what it does to one of today", async () => {
  const queue = await upgraded();
  const { emails, of } = queue;
  expect(await emails.update(of("pending"), { priority: 7, meta: { seen: true } })).toMatchObject({ revision: 2 });
  await emails.reschedule(of("failed"), "5m");
  expect(await statusOf(queue, "failed")).toBe("Pending");
  expect(await emails.resumeById(of("killed"))).toBe(true);
  expect(await statusOf(queue, "killed")).toBe("Pending");
  expect(await emails.cancel(of("running"))).toBe(true);
  expect(await statusOf(queue, "running")).toBe("Killed");
  await emails.remove(of("due later"));
  expect(await emails.fetchById(of("due later"))).toBeNull();
  expect(await statusOf(queue, "urgent")).toBe("Pending");
});

test("each verb on many does too: bulk, vacuum, purge, settings, drop", async () => {
  const { emails } = await upgraded();
  expect(await emails.bulk("resume", { filter: { status: "Killed" } })).toMatchObject({ matched: 1, changed: 1 });
  expect(await emails.configure({ retention: { doneMs: null } })).toMatchObject({ orphanAfterMs: 60_000 });
  expect(await emails.vacuum({ olderThan: 0 })).toBe(2);
  expect(await emails.purge()).toBe(5);
  expect((await emails.listTasks()).tasks.map(({ args }) => args.to)).toEqual(["queued", "running"]);
  await expect(emails.drop()).rejects.toMatchObject({ code: "wrong_status" });
  await emails.drop({ force: true });
  expect((await emails.listTasks()).tasks).toEqual([]);
});

test("a worker of today does all that was left, in order, and retention takes it away", async () => {
  const { clock, emails } = await upgraded();
  const done: string[] = [];
  const worker = new Worker("third", emails, ({ to }) => {
    done.push(to);
    return `sent to ${to}`;
  });
  await clock.advance("10s");
  expect(done).toEqual(["urgent", "pending"]);
  await clock.advance("3h");
  expect(done.toSorted()).toEqual(["due later", "failed", "pending", "queued", "running", "urgent"]);
  const stopped = worker.stop();
  await clock.advance("2d");
  await stopped;
  const { counts } = await emails.fetchByQueue();
  expect(counts).toEqual({ Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 1 });
});
