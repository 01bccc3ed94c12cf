/** A queue of three partitions over sockets: each is one partition's, and a session is good on all. */

import { describe, expect, test } from "vitest";
import { http } from "../../support/http.ts";
import { keyIn, PARTITIONS, partitioned, partitionOf } from "./partitions.ts";
import { Peer, type Registered } from "./peer.ts";
import { ack, expectProblem, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile(partitioned("parts*"));
const COUNTS = { partitions: PARTITIONS, keyedPartitions: PARTITIONS };
let queues = 0;
const fresh = () => new Queue(server(), `parts ${++queues}`);

const socketOf = (queue: Queue, partition: number): Promise<Peer> =>
  Peer.open({ url: queue.url }, undefined, partition);

async function workerOn(queue: Queue, partition: number, registration: object = {}): Promise<Peer & Registered> {
  const peer = await socketOf(queue, partition);
  peer.send({ type: "register", worker: "w", credit: 0, ...registration });
  const { session, resumed } = await peer.next("registered");
  return Object.assign(peer, { session, resumed } as Registered);
}

describe("a socket", () => {
  test("says which partition it is for, or is told how many there are", async () => {
    const queue = fresh();
    const all = http(server().url);
    for (const query of ["", `?partition=${PARTITIONS}`, "?partition=1023"]) {
      const answer = await all.get(`${queue.path}/socket${query}`);
      expectProblem(answer, 400, "bad_request", { path: "partition", ...COUNTS });
    }
    const answer = await all.get("/v1/queues/whole/socket?partition=1");
    expectProblem(answer, 400, "bad_request", { path: "partition", partitions: 1, keyedPartitions: 1 });
  });

  test("registers with the counts and the hash, and takes the frames behind it in order", async () => {
    const queue = fresh();
    const peer = await socketOf(queue, 2);
    // All at once: the first use of the partition asks another one, and none of these may overtake another.
    peer.send(
      { type: "register", worker: "w", credit: 1 },
      { type: "credit", credit: 1 },
      { type: "push", ref: "p", tasks: [{ args: 1, groupKey: keyIn(2) }] },
      { type: "credit", set: 0 },
    );
    expect(await peer.next("registered")).toMatchObject({ worker: "w", ...COUNTS, hash: "fnv1a32", resumed: [] });
    const answer = await peer.next("answer");
    const [task] = answer.tasks as { id: string; status: string }[];
    expect(partitionOf(task?.id ?? "")).toBe(2);
    expect(task?.status).toBe("Queued");
    expect(await peer.next("credit")).toEqual({ type: "credit", credit: 0 });
    expect(peer.socket.frames.filter(({ type }) => type === "error")).toEqual([]);
  });

  test("refuses what belongs to another partition, and names that", async () => {
    const queue = fresh();
    const peer = await socketOf(queue, 1);
    const here = await queue.push({ groupKey: keyIn(1) });
    const there = await queue.push({ groupKey: keyIn(2) });
    peer.send({ type: "wait", ref: "w", ids: [here, there] });
    expect(await peer.next("error")).toMatchObject({ ref: "w", code: "wrong_partition", path: "ids", ...COUNTS });
    peer.send({ type: "push", ref: "p", tasks: [{ args: 1 }, { args: 2, idempotencyKey: keyIn(0) }] });
    const error = await peer.next("error");
    expect(error).toMatchObject({ ref: "p", code: "wrong_partition", path: "tasks.1.idempotencyKey", ...COUNTS });
    expect(error.detail).toContain("partition 0");
    peer.send({ type: "push", ref: "q", tasks: [{ args: 1 }, { args: 2, idempotencyKey: keyIn(1) }] });
    const { tasks } = await peer.next("answer");
    expect((tasks as { id: string }[]).map(({ id }) => partitionOf(id))).toEqual([1, 1]);
  });
});

describe("a session", () => {
  test("that one partition began is good on the others, over sockets and over HTTP", async () => {
    const queue = fresh();
    const here = await workerOn(queue, 2, { credit: 1 });
    const there = await workerOn(queue, 0, { credit: 1, session: here.session });
    expect(there.session).toBe(here.session);
    await Promise.all([0, 2].map((k) => queue.push({ groupKey: keyIn(k) })));
    const tasks = [await here.task(), await there.task()];
    const { session } = here;
    expect((await queue.post("/workers/w/heartbeat", { session })).status).toBe(200);
    const acked = await queue.post("/events", { worker: "w", session, events: tasks.map((task) => ack(task)) });
    expect(acked.body).toEqual({ events: tasks.map(({ id }) => ({ id, status: "Done" })) });
    await queue.push({ groupKey: keyIn(1) });
    const polled = await queue.poll({ session, max: 5 });
    expect(polled.tasks.map(({ id }) => partitionOf(id))).toEqual([1]);
  });

  test("of HTTP is taken up by a socket of any partition, with the leases that it has there", async () => {
    const queue = fresh();
    const { session } = (await queue.post<{ session: string }>("/workers", { worker: "w" })).body;
    await queue.push({ groupKey: keyIn(1) });
    const { tasks } = await queue.poll({ session, max: 5 });
    const peer = await workerOn(queue, 1, { session, held: tasks.map(({ lease }) => lease) });
    expect(peer.session).toBe(session);
    expect(peer.resumed).toMatchObject([{ id: first(tasks).id, status: "Running" }]);
    expect((await workerOn(queue, 2, { session })).session).toBe(session);
  });

  test("that lost its name is refused also where it was never seen", async () => {
    const queue = fresh();
    const old = await workerOn(queue, 0);
    const next = await workerOn(queue, 0);
    expect(await old.closed()).toBe(4001);
    expect(next.session).not.toBe(old.session);
    const late = await socketOf(queue, 2);
    late.send({ type: "register", worker: "w", credit: 0, session: old.session });
    expect(await late.next("error")).toMatchObject({ code: "superseded" });
    expect(await late.closed()).toBe(4001);
  });

  test("loses its name on all partitions when another registers over HTTP", async () => {
    const queue = fresh();
    const here = await workerOn(queue, 1);
    const there = await workerOn(queue, 2, { session: here.session });
    await queue.post("/workers", { worker: "w" });
    expect(await here.closed()).toBe(4001);
    expect(await there.closed()).toBe(4001);
  });
});
