import { afterEach, beforeEach, expect, test } from "vitest";
import { freezeTime, Lab, pass, thawTime } from "./lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;

test("resume-abandoned takes back every lease that is due, by the rules of the sweep, and counts them", async () => {
  const lab = new Lab();
  const dead = await lab.worker({ worker: "dead", credit: 2 });
  const [running, queued] = [(await lab.push()).id, (await lab.push()).id];
  const [first] = (await dead.settled()).flatMap(({ tasks }) => tasks ?? []);
  dead.send({ type: "events", ref: "s", events: [{ type: "start", id: running, lease: first.lease }] });
  await dead.settled();
  const slow = await lab.worker({ worker: "slow", credit: 2 });
  const [late, busy] = [(await lab.push({ priority: 1 })).id, (await lab.push({ timeoutMs: ORPHAN_MS })).id];
  const leases = (await slow.settled()).flatMap(({ tasks }) => tasks ?? []);
  slow.send({ type: "events", ref: "s", events: [{ type: "start", id: busy, lease: leases[1].lease }] });
  await slow.settled();
  pass(ORPHAN_MS);
  slow.send({ type: "unwait", ref: "alive" });
  await slow.settled();
  expect(await lab.call("POST", "/resume-abandoned")).toEqual({ resumed: 4 });
  expect(await lab.call("POST", "/resume-abandoned")).toEqual({ resumed: 0 });
  const statuses = await Promise.all([running, queued, late, busy].map(async (id) => (await lab.task(id)).status));
  expect(statuses).toEqual(["Failed", "Pending", "Pending", "Failed"]);
  expect((await slow.settled()).find(({ type }) => type === "lost").leases).toEqual([
    { id: late, lease: leases[0].lease, reason: "orphaned" },
    { id: busy, lease: leases[1].lease, reason: "timeout" },
  ]);
});

test("a leased task is resumed by its id once its worker is dead, and not before", async () => {
  const lab = new Lab();
  const worker = await lab.worker({ credit: 1, autoStart: true });
  const { id } = await lab.push();
  await worker.settled();
  expect(await lab.call("POST", `/tasks/${id}/resume`)).toEqual({ resumed: false });
  pass(ORPHAN_MS);
  expect(await lab.call("POST", `/tasks/${id}/resume`)).toEqual({ resumed: true });
  expect(await lab.task(id)).toMatchObject({
    status: "Pending",
    attempt: 0,
    runs: [{ attempt: 1, outcome: "orphaned" }],
  });
  expect(await worker.settled()).toMatchObject([{ type: "lost", leases: [{ id, reason: "orphaned" }] }]);
});

test("credit, waits, watches and pings write nothing", async () => {
  const lab = new Lab();
  const { id } = await lab.push({ delayMs: 3_600_000 });
  const worker = await lab.worker({ credit: 1 });
  const { rowsWritten, commits } = await lab.call("GET", "/stats");
  worker.send(
    { type: "credit", credit: 1 },
    { type: "credit", set: 3 },
    { type: "wait", ref: "w", ids: [id], progress: true },
    { type: "unwait", ref: "w" },
    { type: "watch", ref: "v", topics: ["tasks", "workers", "stats"] },
  );
  await worker.ping();
  await worker.settled();
  expect(await lab.call("GET", "/stats")).toMatchObject({ rowsWritten, commits });
});

test("a task that is delivered in its push and acked costs two rows", async () => {
  const lab = new Lab();
  const worker = await lab.worker({ credit: 10, autoStart: true });
  await lab.push();
  const [first] = (await worker.settled()).flatMap(({ tasks }) => tasks ?? []);
  const before = await lab.call("GET", "/stats");
  await lab.push();
  worker.send({
    type: "events",
    ref: "e",
    events: [{ type: "ack", id: first.id, lease: first.lease, result: { ok: 1 } }],
    credit: 1,
  });
  await worker.settled();
  const after = await lab.call("GET", "/stats");
  // A push of one task, an ack of another, and the tally of each commit.
  expect(after.rowsWritten - before.rowsWritten - (after.commits - before.commits)).toBe(2);
});
