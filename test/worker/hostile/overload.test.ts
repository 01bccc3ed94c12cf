// What an object refuses rather than falling over: too many in line, sockets, waits, leases.
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import {
  MAX_ARGS_BYTES,
  MAX_AWAITED,
  MAX_IN_LINE,
  MAX_LEASES,
  MAX_LINE_WEIGHT,
  MAX_SOCKETS,
} from "../../../src/limits.ts";
import type { QueueObject } from "../../../src/object/queue.ts";
import { acceptUpgrade } from "../../../src/object/upgrade.ts";
import { CALLER_HEADER, encodeCaller } from "../../../src/protocol/caller.ts";
import { Lab } from "../object/lab.ts";

vi.spyOn(console, "log").mockReturnValue();

const SLOW = { timeout: 60_000 };
const overloaded = { ok: false, error: { code: "overloaded", retryAfterMs: expect.any(Number) } };
const beat = { worker: "w", session: "1-nobody" };

test("a call that finds the line full is refused, and leaves those in it alone", SLOW, async () => {
  const lab = new Lab();
  await runInDurableObject(lab.stub, async (object: QueueObject) => {
    const line = Array.from({ length: MAX_IN_LINE }, () => object.heartbeat(beat));
    expect(await object.push([{ args: "1" }])).toMatchObject(overloaded);
    const answers = await Promise.all(line);
    expect(answers.filter((answer) => !answer.ok && answer.error.code === "worker_not_found")).toHaveLength(
      MAX_IN_LINE,
    );
    expect(await object.push([{ args: "1" }])).toMatchObject({ ok: true });
  });
});

test(
  "a frame that finds the line full is refused in its turn, with its ref, and the socket goes on",
  SLOW,
  async () => {
    const lab = new Lab();
    const end = await lab.open();
    await runInDurableObject(lab.stub, async (object: QueueObject, state) => {
      const [socket] = state.getWebSockets();
      if (!socket) throw new Error("the object has no socket");
      const line = Array.from({ length: MAX_IN_LINE }, () => object.heartbeat(beat));
      await object.webSocketMessage(socket, '{"type":"push","ref":"p","tasks":[{"args":1}]}');
      await Promise.all(line);
    });
    expect(await end.settled()).toEqual([{ type: "error", ref: "p", code: "overloaded", detail: expect.any(String) }]);
    end.send({ type: "push", ref: "q", tasks: [{ args: 1 }] });
    expect(await end.settled()).toMatchObject([{ type: "answer", ref: "q" }]);
  },
);

test("a line is full by the size of what is pushed, too", SLOW, async () => {
  const lab = new Lab();
  await runInDurableObject(lab.stub, async (object: QueueObject) => {
    const args = `"${"x".repeat(MAX_ARGS_BYTES - 2)}"`;
    const fitting = MAX_LINE_WEIGHT / MAX_ARGS_BYTES;
    const line = Array.from({ length: fitting }, () => object.push([{ args }]));
    expect(await object.push([{ args: "1" }])).toMatchObject(overloaded);
    expect((await Promise.all(line)).every((answer) => answer.ok)).toBe(true);
    const info = await object.info();
    expect(info).toMatchObject({ value: { counts: { Pending: fitting } } });
  });
});

test("a socket beyond those that an object takes is refused with a time to come back", () => {
  const host = { acceptWebSocket: vi.fn() };
  const caller = encodeCaller({ scopes: ["admin"], queues: null, exp: null });
  const request = new Request("http://localhost/", { headers: { upgrade: "websocket", [CALLER_HEADER]: caller } });
  const refused = acceptUpgrade(host, request, MAX_SOCKETS);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(host.acceptWebSocket).not.toHaveBeenCalled();
  expect(acceptUpgrade(host, request, MAX_SOCKETS - 1).status).toBe(101);
});

test("sockets wait for so many tasks together, and for more once some are done with", SLOW, async () => {
  const lab = new Lab();
  const tasks = Array.from({ length: 1_000 }, () => ({ args: 1, delayMs: 86_400_000 }));
  const pushed = await lab.call("POST", "/tasks", tasks);
  const ids = pushed.tasks.map(({ id }: { id: string }) => id);
  const ends = await Promise.all(Array.from({ length: MAX_AWAITED / 1_000 }, () => lab.open()));
  for (const end of ends) end.send({ type: "wait", ref: "w", ids });
  for (const end of ends) expect(await end.settled()).toEqual([]);
  const late = await lab.open();
  const refused = [{ type: "error", ref: "w", code: "too_many_requests", detail: expect.any(String) }];
  late.send({ type: "wait", ref: "w", ids: ids.slice(0, 1) });
  expect(await late.settled()).toEqual(refused);
  ends[0]?.send({ type: "unwait", ref: "w" });
  await ends[0]?.settled();
  late.send({ type: "wait", ref: "w", ids }, { type: "wait", ref: "x", ids: ids.slice(0, 1) });
  expect(await late.settled()).toEqual([{ ...refused[0], ref: "x" }]);
  for (const end of [...ends, late]) end.close();
});

test("a session holds so many leases, and may claim again once it has reported on some", SLOW, async () => {
  const lab = new Lab();
  const batch = Array.from({ length: 1_000 }, () => ({ args: 1 }));
  for (let pushed = 0; pushed < MAX_LEASES + 1_000; pushed += 1_000) await lab.call("POST", "/tasks", batch);
  const poll = (more: object = {}) => lab.call("POST", "/poll", { worker: "w", max: 1_000, ...more });
  const { session, tasks } = await poll();
  for (let held = 1_000; held < MAX_LEASES; held += 1_000) await poll();
  expect(await poll()).toMatchObject({ code: "too_many_requests", status: 429 });
  const end = await lab.open();
  const held = (await lab.rows("SELECT 1 FROM task WHERE lease IS NOT NULL")).length;
  expect(held).toBe(MAX_LEASES);
  const acks = tasks.slice(0, 10).map(({ id, lease }: { id: string; lease: string }) => ({
    ...{ type: "ack", id, lease, result: { ok: 1 } },
  }));
  // A poll that brings reports is answered, though there be no room.
  expect(await poll({ events: acks.slice(0, 1) })).toMatchObject({ events: [{ status: "Done" }], tasks: [{}] });
  expect(await poll({ events: acks.slice(0, 1) })).toMatchObject({ tasks: [] });
  end.send({ type: "register", worker: "w", session, credit: 5, held: [] });
  await end.settled();
  end.send({ type: "credit", set: 0 });
  await end.settled();
  await lab.call("POST", "/events", { events: acks.slice(1) });
  expect((await poll()).tasks).toHaveLength(9);
  expect(await poll()).toMatchObject({ code: "too_many_requests" });
  end.close();
});
