import { afterAll, beforeAll, expect, test } from "vitest";
import { curl } from "../support/curl.ts";
import { http } from "../support/http.ts";
import { type Server, startDev } from "../support/server.ts";
import { openSocket } from "../support/socket.ts";

interface Leased {
  readonly id: string;
  readonly lease: string;
  readonly args: { readonly a: number; readonly b: number };
}

let server: Server;
beforeAll(async () => {
  server = await startDev();
});
afterAll(() => server.kill());

/** The third client: it knows the id alone. */
async function awaited(queue: string, id: string): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/queues/${queue}/wait`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ids: [id] }),
  });
  const lines = (await response.text()).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

test("wrangler dev: pushed by curl, run over a socket, awaited by a third client", async () => {
  const worker = await openSocket(`${server.url}/v1/queues/sums/socket`);
  worker.send({ type: "register", worker: "adder", credit: 1 });
  await worker.next("registered");
  const pushed = JSON.parse(await curl(`${server.url}/v1/queues/sums/tasks`, '{"args":{"a":2,"b":3}}')) as {
    id: string;
  };
  const result = awaited("sums", pushed.id);
  const [task] = (await worker.next("tasks")).tasks as Leased[];
  const { id, lease, args } = task as Leased;
  expect(id).toBe(pushed.id);
  worker.send({ type: "events", ref: "1", events: [{ type: "start", id, lease }] });
  await worker.next("answer");
  worker.send({
    type: "events",
    ref: "2",
    events: [{ type: "ack", id, lease, result: { ok: args.a + args.b } }],
    credit: 1,
  });
  expect((await worker.next("answer")).events).toEqual([{ id, status: "Done" }]);
  expect(await result).toEqual([{ id, status: "Done", attempt: 1, result: { ok: 5 } }]);
  worker.close();
});

test("wrangler dev: the same by long poll alone", async () => {
  const client = http(server.url);
  const polled = client.post<{ session: string; tasks: Leased[] }>("/v1/queues/polled/poll", {
    worker: "w",
    waitMs: 20_000,
  });
  // The poll waits before there is a task, as a worker's does most of its life.
  await expect
    .poll(async () => (await client.get<{ workers: unknown[] }>("/v1/queues/polled/workers")).body.workers)
    .toHaveLength(1);
  const pushed = JSON.parse(await curl(`${server.url}/v1/queues/polled/tasks`, '{"args":{"a":20,"b":22}}')) as {
    id: string;
  };
  const result = awaited("polled", pushed.id);
  const { session, tasks } = (await polled).body;
  const { id, lease, args } = tasks[0] as Leased;
  const ack = { type: "ack", id, lease, result: { ok: args.a + args.b } };
  const next = await client.post<{ events: unknown[] }>("/v1/queues/polled/poll", {
    worker: "w",
    session,
    events: [ack],
  });
  expect(next.body.events).toEqual([{ id, status: "Done" }]);
  expect(await result).toEqual([{ id, status: "Done", attempt: 1, result: { ok: 42 } }]);
});

test("wrangler dev: a task outlives kill -9", async () => {
  const { body } = await http(server.url).post<{ id: string }>("/v1/queues/kept/tasks", { args: 1 });
  await server.kill();
  server = await server.restart();
  const { status } = await http(server.url).get(`/v1/queues/kept/tasks/${body.id}`);
  expect(status).toBe(200);
});
