/** Tokens for a wait on a running server: minted by whoever may, good for their tasks, and in no log. */

import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { http } from "../../support/http.ts";
import { ROOT } from "../../support/processes.ts";
import { openSocket } from "../../support/socket.ts";
import { ack, expectProblem, Queue, serverForFile } from "./queue.ts";
import { SECRET, token } from "./tokens.ts";

const server = serverForFile({ env: { PRINIA_SECRET: SECRET } });

const WORD = expect.any(String);

const queue = async (): Promise<Queue> => new Queue(server(), `wait token ${crypto.randomUUID()}`, await token());

interface Minted {
  readonly token: string;
  readonly expiresAt: number;
}

async function mint(used: Queue, ids: readonly string[], more: object = {}): Promise<Minted> {
  const pusher = new Queue(server(), used.name, await token({ scope: ["push"] }));
  const answer = await pusher.post<Minted>("/wait-token", { ids, ...more });
  expect(answer.status).toBe(201);
  return answer.body;
}

const socketOf = ({ url }: Queue, bearer: string) =>
  openSocket(`${url}/socket`, { protocols: ["prinia.v1", `bearer.${bearer}`] });

describe("a token for a wait", () => {
  test("hears of its task over HTTP, as a stream that a browser can open, and of no other", async () => {
    const used = await queue();
    const leased = await used.leased();
    const other = await used.push();
    const minted = await mint(used, [leased.id]);
    const holder = new Queue(server(), used.name, minted.token);
    expect((await holder.post("/status", { ids: [leased.id] })).body).toMatchObject({
      results: [{ status: "Running" }],
    });
    expect((await holder.get(`/tasks/${leased.id}`)).status).toBe(200);
    expectProblem(await holder.get(`/tasks/${other}`), 403, "forbidden");
    expectProblem(await holder.post("/status", { ids: [leased.id, other] }), 403, "forbidden");
    expectProblem(await holder.post(`/tasks/${leased.id}/cancel`), 403, "forbidden");
    expectProblem(await holder.post("/wait-token", { ids: [leased.id] }), 403, "forbidden");
    const stream = fetch(`${used.url}/wait?id=${leased.id}&token=${minted.token}`, {
      headers: { accept: "text/event-stream" },
    });
    await used.event(ack(leased));
    expect(await (await stream).text()).toMatch(/^data: \{"id":"[^"]+","status":"Done".*\}\n\n$/);
  });

  test("waits over a socket, and does nothing else there", async () => {
    const used = await queue();
    const leased = await used.leased();
    const other = await used.push();
    const socket = await socketOf(used, (await mint(used, [leased.id])).token);
    const refused = [
      { type: "register", worker: "w", credit: 1 },
      { type: "events", ref: "r", events: [ack(leased)] },
      { type: "credit", credit: 1 },
      { type: "push", ref: "r", tasks: [{ args: 1 }] },
      { type: "wait", ref: "r", ids: [other] },
      { type: "wait", ref: "r", ids: [leased.id, other] },
      { type: "watch", ref: "r", topics: ["tasks"] },
      { type: "goodbye" },
    ];
    for (const frame of refused) {
      socket.send(frame);
      const ref = "ref" in frame ? { ref: frame.ref } : {};
      expect(await socket.next("error"), frame.type).toEqual({
        type: "error",
        ...ref,
        code: "forbidden",
        detail: WORD,
      });
    }
    socket.send({ type: "wait", ref: "dropped", ids: [leased.id] });
    socket.send({ type: "unwait", ref: "dropped" });
    socket.send({ type: "wait", ref: "w", ids: [leased.id], progress: true });
    await used.event({ type: "progress", id: leased.id, lease: leased.lease, progress: 0.5 });
    expect(await socket.next("progress")).toMatchObject({ ref: "w", id: leased.id, progress: 0.5 });
    await used.event(ack(leased));
    expect(await socket.next("result")).toMatchObject({ ref: "w", results: [{ id: leased.id, status: "Done" }] });
    expect(socket.frames.map(({ type }) => type)).toEqual([...refused.map(() => "error"), "progress", "result"]);
    expect(await used.counts()).toMatchObject({ Pending: 1, Done: 1 });
  });

  test("does not open the socket over all queues, nor one of another queue", async () => {
    const [used, other] = [await queue(), await queue()];
    const { token: bearer } = await mint(used, ["a"]);
    await expect(socketOf(other, bearer)).rejects.toThrow();
    const protocols = ["prinia.v1", `bearer.${bearer}`];
    await expect(openSocket(`${server().url}/v1/socket`, { protocols })).rejects.toThrow();
  });

  test("of a hundred tasks fits an address, and a socket", async () => {
    const used = await queue();
    const pushed = await used.post<{ tasks: { id: string }[] }>("/tasks", Array(100).fill({ args: 1 }));
    const ids = pushed.body.tasks.map(({ id }) => id);
    const { token: bearer } = await mint(used, ids);
    const query = ids.map((id) => `id=${id}`).join("&");
    const { status } = await fetch(`${used.url}/wait?${query}&waitMs=0&token=${bearer}`);
    expect(status).toBe(200);
    const socket = await socketOf(used, bearer);
    socket.send({ type: "wait", ref: "w", ids });
    await used.post(`/tasks/${ids[99]}/cancel`);
    expect(await socket.next("result")).toMatchObject({ results: [{ id: ids[99], status: "Killed" }] });
  });

  test("ends, over HTTP and on its socket", async () => {
    const used = await queue();
    const id = await used.push();
    const { token: bearer, expiresAt } = await mint(used, [id], { ttlMs: 1_000 });
    const socket = await socketOf(used, bearer);
    socket.send({ type: "wait", ref: "w", ids: [id] });
    await expect.poll(() => Date.now() > expiresAt, { timeout: 5_000 }).toBe(true);
    expectProblem(await new Queue(server(), used.name, bearer).get(`/tasks/${id}`), 401, "unauthorized");
    await used.post(`/tasks/${id}/cancel`);
    expect((await socket.closed).code).toBe(1008);
    expect(socket.frames).toEqual([{ type: "error", code: "unauthorized", detail: WORD }]);
  });

  test("is minted on the command line, too", async () => {
    const used = await queue();
    const id = await used.push();
    const args = ["src/cli/token.ts", "--queues", used.name, "--task", id, "--ttl", "10m"];
    const env = { ...process.env, PRINIA_SECRET: SECRET };
    const bearer = execFileSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8" }).trim();
    const holder = new Queue(server(), used.name, bearer);
    expect((await holder.get(`/tasks/${id}`)).status).toBe(200);
    expectProblem(await holder.get("/tasks"), 403, "forbidden");
  });
});

test("no token, and no secret, is ever logged, while verbs that manage are", async () => {
  const used = await queue();
  const id = await used.push({ args: "hidden args" });
  const { token: minted } = await mint(used, [id]);
  const admin = await token({ sub: "ada" });
  await fetch(`${used.url}/wait?id=${id}&waitMs=0&token=${minted}`);
  await fetch(`${used.url}/wait?id=${id}&id=other&token=${minted}`);
  await fetch(`${used.url}/tasks?token=${admin}`);
  await http(server().url, admin).call("PATCH", `${used.path}/tasks/${id}`, { args: "hidden too" });
  await http(server().url, admin).post(`${used.path}/purge`);
  const logged = () => server().stdout() + server().stderr();
  await expect.poll(logged, { timeout: 5_000 }).toContain('"verb":"purge"');
  const lines = logged()
    .split("\n")
    .filter((line) => line.includes('"type":"audit"') && line.includes(used.name))
    .map((line) => JSON.parse(line.slice(line.indexOf("{"))) as object);
  const line = { type: "audit", at: expect.any(Number), who: "ada", via: "token", queue: used.name, status: 200 };
  expect(lines).toEqual([
    { ...line, verb: "updateTask", task: id },
    { ...line, verb: "purge", count: 1 },
  ]);
  const pieces = [minted, admin].flatMap((bearer) => bearer.split(".").slice(1));
  for (const hidden of ["hidden", SECRET, ...pieces]) expect(logged()).not.toContain(hidden);
});
