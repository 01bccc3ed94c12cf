import { describe, expect, test } from "vitest";
import { FRAME_SCOPE } from "../../../src/protocol/frames.ts";
import { until } from "../../support/processes.ts";
import { openSocket, type TestSocket } from "../../support/socket.ts";
import { Queue, serverForFile } from "./queue.ts";
import { SECRET, token } from "./tokens.ts";

const server = serverForFile({ env: { PRINIA_SECRET: SECRET } });

const WORD = expect.any(String);

const queue = async (): Promise<Queue> => new Queue(server(), `token ${crypto.randomUUID()}`, await token());

const socketOf = async ({ url }: Pick<Queue, "url">, claims: object = {}): Promise<TestSocket> =>
  openSocket(`${url}/socket`, { protocols: ["prinia.v1", `bearer.${await token(claims)}`] });

const SCOPES = ["push", "work", "read", "manage", "admin"] as const;
type Scope = (typeof SCOPES)[number];

/** Every frame, the scope that the protocol asks for it, and what answers it; admin has them all. By hand. */
const FRAMES: Record<string, { scope: Scope; frame: object; answer: object }> = {
  register: {
    scope: "work",
    frame: { worker: "w", credit: 0 },
    answer: { type: "registered", worker: "w" },
  },
  events: {
    scope: "work",
    frame: { ref: "e", events: [{ type: "start", id: "x", lease: "y" }] },
    answer: { type: "answer", ref: "e", events: [expect.objectContaining({ id: "x" })] },
  },
  credit: { scope: "work", frame: { set: 0 }, answer: { type: "credit", credit: 0 } },
  push: { scope: "push", frame: { ref: "p", tasks: [{ args: 1 }] }, answer: { type: "answer", ref: "p" } },
  wait: { scope: "push", frame: { ref: "w", ids: ["x"] }, answer: { type: "result", ref: "w" } },
  // Nothing answers it: the wait that follows it does.
  unwait: { scope: "push", frame: { ref: "u" }, answer: { type: "result", ref: "after" } },
  watch: { scope: "read", frame: { ref: "s", topics: ["stats"] }, answer: { type: "event", ref: "s" } },
  // It closes the socket, and so comes last.
  goodbye: { scope: "work", frame: {}, answer: { type: "closed", code: 1000 } },
};

describe("a frame needs its scope", () => {
  test("which is stated here for every frame there is, and for none that manages", () => {
    expect(Object.keys(FRAMES).toSorted()).toEqual(Object.keys(FRAME_SCOPE).toSorted());
    // One that did would owe the audit log a line.
    expect(Object.values(FRAMES).filter(({ scope }) => scope === "manage" || scope === "admin")).toEqual([]);
  });

  const may = (held: readonly Scope[], scope: Scope) => held.includes("admin") || held.includes(scope);

  test.each([
    [["push"]],
    [["work"]],
    [["read"]],
    [["admin"]],
    [["push", "manage"]],
    [["work", "read", "manage"]],
  ] as const)("with %j just those are answered, and the socket stays open", async (held) => {
    const used = await queue();
    const socket = await socketOf(used, { scope: held, queues: ["other", used.name] });
    for (const [type, { scope, frame, answer }] of Object.entries(FRAMES)) {
      const before = socket.frames.length;
      socket.send({ type, ...frame });
      if (type === "unwait") socket.send({ type: "wait", ref: "after", ids: ["x"] });
      const ref = "ref" in frame ? { ref: frame.ref } : {};
      if (!may(held, scope)) {
        expect(await socket.next("error"), type).toEqual({ type: "error", ...ref, code: "forbidden", detail: WORD });
        if (type === "unwait") await socket.next("error");
      } else if (type === "goodbye") expect(await socket.closed).toMatchObject({ code: 1000 });
      else {
        await expect
          .poll(() => socket.frames.slice(before), { timeout: 5_000 })
          .toContainEqual(expect.objectContaining(answer));
      }
    }
    const pushed = (await used.get<{ tasks: unknown[] }>("/tasks")).body.tasks;
    expect(pushed).toHaveLength(may(held, "push") ? 1 : 0);
  });

  test.each(SCOPES)("and %s outside the queues of the claim opens no socket at all", async (scope) => {
    await expect(socketOf(await queue(), { scope: [scope], queues: ["other", "token"] })).rejects.toThrow();
  });
});

describe.concurrent("past its exp a token's socket", () => {
  const soon = () => ({ exp: (Date.now() + 1_200) / 1000 });
  const ended = ({ exp }: { exp: number }) => until(() => Date.now() / 1000 > exp + 0.05, "the token had ended");

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

  test("registers nobody", async () => {
    const used = await queue();
    const claims = soon();
    const socket = await socketOf(used, claims);
    await ended(claims);
    socket.send({ type: "register", worker: "late", credit: 1 });
    expect((await socket.closed).code).toBe(1008);
    expect(socket.frames).toEqual([{ type: "error", code: "unauthorized", detail: WORD }]);
    expect((await used.get("/workers")).body).toEqual({ workers: [] });
  });

  test("is told no progress, and no loss", async () => {
    const used = await queue();
    const leased = await used.leased();
    const claims = soon();
    const [waiting, working] = [await socketOf(used, claims), await socketOf(used, claims)];
    waiting.send({ type: "wait", ref: "w", ids: [leased.id], progress: true });
    working.send({ type: "register", worker: "late", credit: 1, autoStart: true });
    await used.push();
    const { tasks } = await working.next("tasks");
    await ended(claims);
    await used.event({ type: "progress", id: leased.id, lease: leased.lease, progress: 1 });
    await used.post(`/tasks/${(tasks as [{ id: string }])[0].id}/cancel`);
    for (const socket of [waiting, working]) {
      expect((await socket.closed).code).toBe(1008);
      expect(socket.frames.at(-1)).toMatchObject({ type: "error", code: "unauthorized" });
      expect(socket.frames.map(({ type }) => type)).not.toEqual(expect.arrayContaining(["progress"]));
      expect(socket.frames.map(({ type }) => type)).not.toEqual(expect.arrayContaining(["lost"]));
    }
  });

  test("cannot hold its task by pings alone: the alarm closes it, and the task goes on over a new one", async () => {
    const used = await queue();
    await used.configure({ orphanAfterMs: 1_000 });
    const claims = soon();
    const socket = await socketOf(used, claims);
    socket.send({ type: "register", worker: "w", credit: 1, autoStart: true });
    const { session } = await socket.next("registered");
    await used.push();
    const { tasks } = await socket.next("tasks");
    const [task] = tasks as [{ id: string; lease: string }];
    const pings = setInterval(() => socket.send("ping"), 200);
    expect((await socket.closed.finally(() => clearInterval(pings))).code).toBe(1008);
    expect(socket.frames.filter(({ type }) => type === "error")).toEqual([
      { type: "error", code: "unauthorized", detail: WORD },
    ]);
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(claims.exp);
    const next = await socketOf(used);
    next.send({ type: "register", worker: "w", session, credit: 0, held: [task.lease] });
    expect(await next.next("registered")).toMatchObject({ resumed: [{ id: task.id, status: "Running" }] });
  });

  test("over all queues is sent nothing more either", async () => {
    const used = await queue();
    const claims = soon();
    const protocols = ["prinia.v1", `bearer.${await token({ ...claims, scope: ["read"] })}`];
    const [watching, asking] = [
      await openSocket(`${server().url}/v1/socket`, { protocols }),
      await openSocket(`${server().url}/v1/socket`, { protocols }),
    ];
    watching.send({ type: "watch", ref: "w", topics: ["stats"] });
    await watching.next("event");
    await ended(claims);
    const before = watching.frames.length;
    // A queue that is new is reported at once.
    await used.push();
    asking.send({ type: "watch", ref: "late", topics: ["stats"] });
    for (const socket of [watching, asking]) expect((await socket.closed).code).toBe(1008);
    expect(watching.frames.slice(before)).toEqual([{ type: "error", code: "unauthorized", detail: WORD }]);
    expect(asking.frames).toEqual([{ type: "error", ref: "late", code: "unauthorized", detail: WORD }]);
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
