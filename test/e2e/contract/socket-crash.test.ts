import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Server, startServe } from "../../support/server.ts";
import { Peer } from "./peer.ts";
import { ack, event, Queue } from "./queue.ts";

const ORPHAN_MS = 1_000;
/** From the kill to the start of the next server. */
const LATE_MS = 1_500;

async function crash(server: Server): Promise<Server> {
  await server.kill();
  return server.restart();
}

/** A queue whose workers may be silent for so long. */
async function queueOn(server: Server, name: string, orphanAfterMs = ORPHAN_MS): Promise<Queue> {
  const used = new Queue(server, name);
  await used.configure({ orphanAfterMs });
  return used;
}

test("sessions, leases, delayed tasks and unheard workers outlive kill -9", async () => {
  const server = await startServe();
  const before = { kept: await queueOn(server, "kept", 5_000), gone: await queueOn(server, "gone") };
  const worker = await Peer.worker(before.kept, { credit: 3 });
  const [a, b] = [await before.kept.push({ args: "a" }), await before.kept.push({ args: "b" })];
  const [running, queued] = [await worker.task(), await worker.task()];
  await worker.report(event("start", running));
  const mute = await Peer.worker(before.gone, { worker: "mute", credit: 1, autoStart: true });
  mute.ping();
  const orphan = await before.gone.push();
  await mute.task();
  const delayed = await before.kept.push({ delayMs: 3_000 });

  const next = await crash(server);
  const up = Date.now();
  expect(await worker.closed()).toBe(1006);
  const kept = new Queue(next, "kept");
  const gone = new Queue(next, "gone");

  // Neither at once: it could not speak while the server was down.
  expect((await gone.task(orphan)).status).toBe("Running");
  // Nor for ever: its silence counts from when it is first seen missing.
  await expect.poll(async () => (await gone.task(orphan)).status, { timeout: 2 * ORPHAN_MS + LATE_MS }).toBe("Failed");
  expect(Date.now() - up).toBeGreaterThan(ORPHAN_MS - 500);

  const back = await Peer.worker(kept, { session: worker.session, credit: 1, held: [running.lease] });
  back.ping();
  expect(back.session).toBe(worker.session);
  expect(back.resumed).toEqual([
    { id: a, lease: running.lease, status: "Running" },
    { id: b, lease: queued.lease, status: "Queued" },
  ]);
  expect(await back.task()).toMatchObject({ id: b, lease: queued.lease });
  expect(await back.report(ack(running), ack(queued))).toEqual([
    { id: a, status: "Done" },
    { id: b, status: "Done" },
  ]);
  back.send({ type: "credit", credit: 1 });
  const late = await back.task(5_000);
  expect(late.id).toBe(delayed);
  expect(Date.now()).toBeGreaterThanOrEqual(late.runAt);
});

test("a delayed task reaches a socket that was opened after the crash, by the alarm alone", async () => {
  const server = await startServe();
  const id = await new Queue(server, "later").push({ delayMs: 3_500 });
  const next = await crash(server);
  const peer = await Peer.worker(new Queue(next, "later"), { credit: 1 });
  const task = await peer.task(5_000);
  expect(task.id).toBe(id);
  expect(Date.now() - task.runAt).toBeLessThan(1_000);
});

test("a worker that nobody sees again loses its leases, though the server is killed again and again", async () => {
  let server = await startServe();
  const used = await queueOn(server, "again", 1_500);
  const peer = await Peer.worker(used, { credit: 1, autoStart: true });
  const id = await used.push();
  await peer.task();
  for (let times = 0; times < 2; times++) {
    await sleep(700);
    server = await crash(server);
  }
  await expect.poll(async () => (await new Queue(server, "again").task(id)).status, { timeout: 4_500 }).toBe("Failed");
});

test("a superseded session stays so, and its worker may still end what it runs", async () => {
  const server = await startServe();
  const used = await queueOn(server, "taken", 10_000);
  const old = await Peer.worker(used, { credit: 1, autoStart: true });
  await used.push();
  const task = await old.task();
  await Peer.worker(used);
  await old.closed();
  const after = new Queue(await crash(server), "taken");
  const refused = await Peer.open(after);
  refused.send({ type: "register", worker: "w", session: old.session, credit: 1 });
  expect(await refused.closed()).toBe(4001);
  expect(await after.event(ack(task), { worker: "w", session: old.session })).toMatchObject({ status: "Done" });
});
