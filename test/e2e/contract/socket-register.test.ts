import { describe, expect, test } from "vitest";
import { Peer, types } from "./peer.ts";
import { ack, event, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WORD = expect.any(String);

describe("register", () => {
  test("is answered by the session, and by idle when there is credit and nothing to do", async () => {
    const peer = await Peer.open(queue());
    peer.send({ type: "register", worker: "a/b ü", credit: 2, layers: ["timeout"], info: { pid: 1 } });
    expect(await peer.settled()).toEqual([
      {
        type: "registered",
        worker: "a/b ü",
        session: WORD,
        orphanAfterMs: 60_000,
        partitions: 1,
        keyedPartitions: 1,
        hash: "fnv1a32",
        resumed: [],
      },
      { type: "idle" },
    ]);
  });

  test("without credit is not answered by idle", async () => {
    const peer = await Peer.worker(queue());
    expect(types(await peer.settled())).toEqual(["registered"]);
  });

  test("makes the worker listed", async () => {
    const used = queue();
    await Peer.worker(used, { worker: "w 1", layers: ["a", "b"] });
    const { body } = await used.get<{ workers: object[] }>("/workers");
    expect(body.workers).toEqual([
      {
        id: "w 1",
        queue: used.name,
        startedAt: expect.any(Number),
        heardAt: expect.any(Number),
        layers: ["a", "b"],
        leases: 0,
        alive: true,
      },
    ]);
  });

  test("a second time on one socket is an error, also when both come at once, and the first stands", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send({ type: "register", worker: "w", credit: 1 }, { type: "register", worker: "x", credit: 1 });
    const frames = await peer.settled();
    // Whether idle comes before the error depends on whether both came in one packet.
    expect(frames.filter(({ type }) => type !== "idle")).toEqual([
      expect.objectContaining({ type: "registered", worker: "w" }),
      { type: "error", code: "bad_request", detail: WORD, path: "type" },
    ]);
    expect(frames).toHaveLength(3);
    peer.send({ type: "register", worker: "w", credit: 1 });
    expect(types(await peer.settled())).toEqual(["error"]);
    await used.push();
    expect(await peer.task()).toMatchObject({ lockBy: "w" });
  });

  test("with an unknown session opens a new one", async () => {
    const peer = await Peer.worker(queue(), { session: "nobody's" });
    expect(peer.session).not.toBe("nobody's");
  });

  test("with the present session on a newer socket closes the older with 4000, and orphans nothing", async () => {
    const used = queue();
    const older = await Peer.worker(used, { credit: 2 });
    await used.push({ args: 1 });
    await used.push({ args: 2 });
    const [running, queued] = [await older.task(), await older.task()];
    await older.report(event("start", running));
    const newer = await Peer.worker(used, { session: older.session, held: [running.lease, queued.lease] });
    expect(await older.closed()).toBe(4000);
    expect(newer.session).toBe(older.session);
    expect(newer.resumed).toEqual([
      { id: running.id, lease: running.lease, status: "Running" },
      { id: queued.id, lease: queued.lease, status: "Queued" },
    ]);
    expect(types(await newer.settled())).toEqual(["registered"]);
    expect(types(older.socket.frames)).not.toContain("lost");
    expect(await newer.report(ack(running), ack(queued))).toEqual([
      { id: running.id, status: "Done" },
      { id: queued.id, status: "Done" },
    ]);
  });

  test("tells by lost which of the held leases are dead", async () => {
    const used = queue();
    const before = await Peer.worker(used, { credit: 1 });
    await used.push();
    const task = await before.task();
    await before.report(ack(task));
    const peer = await Peer.open(used);
    peer.send({ type: "register", worker: "w", session: before.session, credit: 0, held: [task.lease] });
    expect(await peer.settled()).toEqual([
      expect.objectContaining({ type: "registered", resumed: [] }),
      { type: "lost", leases: [{ id: task.id, lease: task.lease, reason: WORD }] },
    ]);
  });

  test("sends what it does not hold again, within the credit, before anything new", async () => {
    const used = queue();
    const before = await Peer.worker(used, { credit: 3 });
    const ids = [await used.push(), await used.push(), await used.push()];
    const leases = [(await before.task()).lease, (await before.task()).lease, (await before.task()).lease];
    const fresh = await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "register", worker: "w", session: before.session, credit: 1 });
    expect(await peer.settled()).toEqual([
      expect.objectContaining({ type: "registered", resumed: expect.objectContaining({ length: 3 }) }),
      { type: "tasks", tasks: [expect.objectContaining({ id: ids[0], lease: leases[0], status: "Queued" })] },
    ]);
    peer.send({ type: "credit", credit: 5 });
    const [again, rest, idle] = await peer.settled();
    expect(again).toMatchObject({ tasks: [{ id: ids[1] }, { id: ids[2] }] });
    expect(rest).toMatchObject({ tasks: [{ id: fresh, status: "Queued" }] });
    expect(idle).toEqual({ type: "idle" });
    peer.send({ type: "credit", credit: 1 });
    expect(types(await peer.settled())).toEqual(["idle"]);
  });

  test("takes a name at once: what was not started goes back, what runs may be ended, the old socket is told", async () => {
    const used = queue();
    const old = await Peer.worker(used, { credit: 2 });
    await used.push({ args: "runs" });
    await used.push({ args: "waits" });
    const [running, queued] = [await old.task(), await old.task()];
    await old.report(event("start", running));
    await old.settled();
    const young = await Peer.worker(used, { credit: 1 });
    expect(await old.closed()).toBe(4001);
    expect(old.socket.frames.at(-1)).toEqual({
      type: "lost",
      leases: [{ id: queued.id, lease: queued.lease, reason: "superseded" }],
    });
    expect(young.resumed).toEqual([]);
    const again = await young.task();
    expect(again).toMatchObject({ id: queued.id, attempt: 0 });
    expect(again.lease).not.toBe(queued.lease);
    // The new session cannot end what the old one runs; the old one may, over HTTP.
    expect(await young.report(ack(running))).toEqual([
      { id: running.id, error: { code: "lease_lost", detail: WORD, taskStatus: "Running" } },
    ]);
    const sender = { worker: "w", session: old.session };
    expect((await used.post("/workers/w/heartbeat", { session: old.session })).status).toBe(200);
    const poll = await used.post("/poll", sender);
    expect([poll.status, poll.body.code]).toEqual([404, "worker_not_found"]);
    expect(await used.event(ack(running), sender)).toEqual({ id: running.id, status: "Done" });
    // It never takes the name back.
    const back = await Peer.open(used);
    back.send({ type: "register", worker: "w", session: old.session, credit: 1 });
    expect(await back.next("error")).toEqual({ type: "error", code: "superseded", detail: WORD });
    expect(await back.closed()).toBe(4001);
  });

  test("of a name whose old session holds nothing tells it so, and closes with 4001", async () => {
    const used = queue();
    const old = await Peer.worker(used, { credit: 1 });
    await Peer.worker(used);
    expect(await old.closed()).toBe(4001);
    expect(old.socket.frames.at(-1)).toEqual({ type: "lost", leases: [] });
  });

  test("over HTTP takes the name of a socket just as well", async () => {
    const used = queue();
    const old = await Peer.worker(used, { credit: 1 });
    expect((await used.post("/workers", { worker: "w" })).status).toBe(201);
    expect(await old.closed()).toBe(4001);
  });
});
