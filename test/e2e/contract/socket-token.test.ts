import { describe, expect, test } from "vitest";
import { openSocket, type TestSocket } from "../../support/socket.ts";
import { Queue, serverForFile } from "./queue.ts";
import { SECRET, token } from "./tokens.ts";

const server = serverForFile({ env: { PRINIA_SECRET: SECRET } });

const WORD = expect.any(String);

const queue = async (): Promise<Queue> => new Queue(server(), `token ${crypto.randomUUID()}`, await token());

const socketOf = async ({ url }: Pick<Queue, "url">, claims: object = {}): Promise<TestSocket> =>
  openSocket(`${url}/socket`, { protocols: ["prinia.v1", `bearer.${await token(claims)}`] });

describe("a frame needs its scope", () => {
  const FRAMES: Record<"work" | "push" | "read", ({ type: string; ref?: string } & Record<string, unknown>)[]> = {
    work: [
      { type: "register", worker: "w", credit: 0 },
      { type: "events", ref: "r", events: [{ type: "start", id: "x", lease: "y" }] },
      { type: "credit", credit: 1 },
      { type: "goodbye" },
    ],
    push: [
      { type: "push", ref: "r", tasks: [{ args: 1 }] },
      { type: "wait", ref: "r", ids: ["x"] },
    ],
    read: [{ type: "watch", ref: "r", topics: ["stats"] }],
  };

  test.each([
    ["work", "push", "read"],
    ["push", "work", "read"],
    ["read", "work", "push"],
  ] as const)("with %s those of %s and %s are forbidden, and the socket stays open", async (scope, ...others) => {
    const socket = await socketOf(await queue(), { scope: [scope] });
    for (const frame of others.flatMap((other) => FRAMES[other])) {
      socket.send(frame);
      expect(await socket.next("error")).toEqual({
        type: "error",
        ...(frame.ref === undefined ? {} : { ref: frame.ref }),
        code: "forbidden",
        detail: WORD,
      });
    }
    const answer = { work: "registered", push: "answer", read: "event" }[scope];
    socket.send(FRAMES[scope][0] ?? "");
    await socket.next(answer);
  });

  test("and admin has them all", async () => {
    const socket = await socketOf(await queue());
    for (const frame of [FRAMES.work[0], FRAMES.push[0], FRAMES.read[0]]) socket.send(frame ?? "");
    for (const type of ["registered", "answer", "event"]) await socket.next(type);
  });
});

describe("past its exp a token's socket", () => {
  const soon = () => ({ exp: (Date.now() + 1_200) / 1000 });
  const ended = ({ exp }: { exp: number }) =>
    expect.poll(() => Date.now() / 1000 > exp + 0.05, { timeout: 5_000 }).toBe(true);

  test("refuses a frame as unauthorized, with its ref, and closes with 1008", async () => {
    const used = await queue();
    const claims = soon();
    const socket = await socketOf(used, claims);
    socket.send({ type: "push", ref: "before", tasks: [{ args: 1 }] });
    await socket.next("answer");
    await ended(claims);
    socket.send({ type: "push", ref: "after", tasks: [{ args: 2 }] });
    expect(await socket.next("error")).toEqual({ type: "error", ref: "after", code: "unauthorized", detail: WORD });
    expect((await socket.closed).code).toBe(1008);
    expect(await used.counts()).toMatchObject({ Pending: 1 });
  });

  test("is sent nothing more: neither tasks, nor results, nor events", async () => {
    const used = await queue();
    const id = await used.push();
    await used.poll({ autoStart: false });
    const claims = soon();
    const [worker, waiting, watching] = [
      await socketOf(used, claims),
      await socketOf(used, claims),
      await socketOf(used, claims),
    ];
    worker.send({ type: "register", worker: "late", credit: 1 });
    waiting.send({ type: "wait", ref: "w", ids: [id] });
    watching.send({ type: "watch", ref: "s", topics: ["tasks"] });
    await worker.next("idle");
    await ended(claims);
    const pushed = await used.post("/tasks", { args: 1 });
    expect(pushed.body).toMatchObject({ status: "Pending" });
    await used.post(`/tasks/${id}/cancel`);
    for (const socket of [worker, waiting, watching]) {
      expect((await socket.closed).code).toBe(1008);
      expect(socket.frames.at(-1)).toMatchObject({ type: "error", code: "unauthorized" });
      expect(socket.frames.map(({ type }) => type)).not.toContain("result");
    }
  });

  test("leaves its running tasks to a new one of the same session", async () => {
    const used = await queue();
    const claims = soon();
    const socket = await socketOf(used, claims);
    socket.send({ type: "register", worker: "w", credit: 1, autoStart: true });
    const { session } = await socket.next("registered");
    await used.push();
    const { tasks } = await socket.next("tasks");
    const [task] = tasks as [{ id: string; lease: string }];
    await ended(claims);
    socket.send({ type: "credit", credit: 1 });
    expect((await socket.closed).code).toBe(1008);
    const next = await socketOf(used);
    next.send({ type: "register", worker: "w", session, credit: 0, held: [task.lease] });
    expect(await next.next("registered")).toMatchObject({
      session,
      resumed: [{ id: task.id, lease: task.lease, status: "Running" }],
    });
    next.send({
      type: "events",
      ref: "e",
      events: [{ type: "ack", id: task.id, lease: task.lease, result: { ok: 1 } }],
    });
    expect(await next.next("answer")).toMatchObject({ events: [{ status: "Done" }] });
  });
});

test("the socket over all queues shows those in the claim", async () => {
  const [mine, other] = [await queue(), await queue()];
  for (const used of [mine, other]) await used.post("/workers", { worker: `of ${used.name}` });
  const bearer = `bearer.${await token({ queues: [mine.name], scope: ["read"] })}`;
  const socket = await openSocket(`${server().url}/v1/socket`, { protocols: ["prinia.v1", bearer] });
  socket.send({ type: "watch", ref: "w", topics: ["workers", "stats"] });
  await expect
    .poll(() => JSON.stringify(socket.frames.filter(({ topic }) => topic === "workers").at(-1)), { timeout: 5_000 })
    .toContain(`of ${mine.name}`);
  expect(JSON.stringify(socket.frames)).not.toContain(other.name);
  expect(socket.frames.filter(({ topic }) => topic === "stats").at(-1)).toMatchObject({ stats: { queues: 1 } });
});
