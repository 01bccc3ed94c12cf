/** A poll that waits: what it sends, when it ends, and that nothing claimed is lost on the way. */

import { describe, expect, it } from "vitest";
import { CANCEL_GRACE_MS, POLL_BEAT_MS } from "../../../src/limits.ts";
import { fail } from "../../../src/task/result.ts";
import { FakeSocket, platformError, requestOf, settle, world } from "./fakes.ts";

const POLL = "/v1/queues/a%2Fb/poll";
const BODY = {
  worker: "w",
  max: 3,
  waitMs: 20_000,
  autoStart: false,
  events: [{ type: "release", id: "i", lease: "l" }],
};
const TASKS = '[{"id":"t1","args":12345678901234567890,"lease":"l1"},{"id":"t2","args":"}","lease":"l2"}]';
const FIRST = { session: "s1", tasks: [], events: [{ id: "i", status: "Pending" }] };
const CANCEL = { type: "cancel" };
const PROMPT = { type: "poll", worker: "w", session: "s1", max: 3, autoStart: false };

/** A queue with nothing to claim at first, whose sockets are handed out in order. */
function waiting(sockets: readonly FakeSocket[], first: unknown = FIRST) {
  const upgrades: Request[] = [];
  const made = world({
    poll: first,
    fetch: (request: Request) => {
      const socket = sockets[upgrades.length];
      upgrades.push(request);
      return socket === undefined ? Promise.reject(platformError({ overloaded: true })) : socket.response;
    },
  });
  return { ...made, upgrades };
}

const methods = (calls: readonly { method: string }[]) => calls.map(({ method }) => method);

describe("a poll that finds something at once", () => {
  it("does not wait", async () => {
    const { send, upgrades, time } = waiting([], { ...FIRST, tasks: ['{"id":"t"}'] });
    const response = await send("POST", POLL, BODY);
    expect(await response.text()).toBe(
      '{"session":"s1","tasks":[{"id":"t"}],"events":[{"id":"i","status":"Pending"}]}',
    );
    expect([upgrades.length, time.pending]).toEqual([0, 0]);
  });

  it("does not wait either when it was not asked to", async () => {
    const { send, upgrades } = waiting([]);
    await send("POST", POLL, { worker: "w" });
    expect(upgrades).toEqual([]);
  });

  it("does not wait when it is refused", async () => {
    const { send, upgrades } = waiting([], () => fail("worker_not_found", "an old session"));
    expect((await send("POST", POLL, BODY)).status).toBe(404);
    expect(upgrades).toEqual([]);
  });
});

describe("a poll that waits", () => {
  it("does so over a socket of the Worker's own, and hands on the tasks as they came", async () => {
    const socket = new FakeSocket();
    const { send, upgrades, calls, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY, { authorization: "Bearer x", "x-prinia-caller": "{}" });
    await settle();
    expect(socket.accepted).toBe(true);
    expect(socket.sent).toEqual([PROMPT]);
    socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    const text = await time.run(answer.then((response) => response.text()));
    expect(text).toBe(` {"session":"s1","tasks":${TASKS},"events":[{"id":"i","status":"Pending"}]}`);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
    expect(methods(calls)).toEqual(["poll", "fetch"]);
    const [upgrade] = upgrades;
    expect(upgrade?.url).toBe("https://prinia/v1/queues/a%2Fb/socket?partition=0");
    expect(Object.fromEntries(upgrade?.headers ?? [])).toEqual({
      upgrade: "websocket",
      "sec-websocket-protocol": "prinia.v1",
      "x-prinia-caller": '{"scopes":["work","push"],"queues":null,"exp":null,"internal":true}',
    });
  });

  it("ends empty when its time is up, once the object has confirmed", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await time.advance(19_999);
    expect(socket.sent).toEqual([PROMPT]);
    await time.advance(1);
    expect(socket.sent).toEqual([PROMPT, CANCEL]);
    socket.deliver('{"type":"tasks","tasks":[]}');
    expect(await (await answer).json()).toEqual(FIRST);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("keeps what was on its way when its time was up", async () => {
    const socket = new FakeSocket();
    socket.onFrame = ({ type }) => {
      if (type === "cancel") socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    };
    const { send, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await time.advance(20_000);
    const body = await time.run(answer.then((response) => response.json()));
    expect(body).toMatchObject({ tasks: [{ id: "t1" }, { id: "t2" }] });
  });

  it("does not wait for ever for the object to confirm", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await time.advance(20_000);
    await time.advance(CANCEL_GRACE_MS);
    expect(await (await answer).json()).toEqual(FIRST);
    expect(time.pending).toBe(0);
  });

  it("is refused with what the object says", async () => {
    const socket = new FakeSocket();
    const { send } = waiting([socket], { ...FIRST, events: [] });
    const answer = send("POST", POLL, { worker: "w", waitMs: 1_000 });
    await settle();
    socket.deliver({ type: "idle" });
    socket.deliver({ type: "error", code: "worker_not_found", detail: "superseded" });
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { code: "worker_not_found", detail: "superseded" },
    ]);
  });

  it("would rather answer the events that were applied than a refusal that the next poll gets too", async () => {
    const socket = new FakeSocket();
    const { send } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await settle();
    socket.deliver({ type: "error", code: "worker_not_found", detail: "superseded" });
    expect(await (await answer).json()).toEqual(FIRST);
  });
});

describe("a poll that waits for long", () => {
  it("begins its answer with blanks, by which a client that is gone is found out", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await time.advance(POLL_BEAT_MS);
    const response = await answer;
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    const text = response.text();
    for (let beat = 0; beat < 3; beat++) await time.advance(POLL_BEAT_MS);
    socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    expect(await time.run(text)).toBe(`    {"session":"s1","tasks":${TASKS},"events":[{"id":"i","status":"Pending"}]}`);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("cannot be refused any more, and ends empty: the next is refused", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting([socket], { ...FIRST, events: [] });
    const answer = send("POST", POLL, BODY);
    await time.advance(POLL_BEAT_MS);
    const text = (await answer).text();
    await settle();
    socket.deliver({ type: "error", code: "worker_not_found", detail: "superseded" });
    expect(JSON.parse(await text)).toEqual({ ...FIRST, events: [] });
    expect(time.pending).toBe(0);
  });

  it("has what came released when the client stopped reading", async () => {
    const socket = new FakeSocket();
    socket.onFrame = ({ type }) => {
      if (type === "cancel") socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    };
    const { send, calls, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await time.advance(POLL_BEAT_MS);
    const reader = (await answer).body?.getReader();
    const reading = reader?.read();
    await time.advance(POLL_BEAT_MS);
    await reading;
    await reader?.cancel();
    await settle();
    expect(methods(calls)).toEqual(["poll", "fetch", "events"]);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });
});

describe("a poll whose client leaves without a sign", () => {
  it("has what came released, when the blank before it comes back", async () => {
    const socket = new FakeSocket();
    const { send, calls, time } = waiting([socket]);
    const answer = send("POST", POLL, BODY);
    await settle();
    socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    const reader = (await answer).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(" ");
    await reader?.cancel();
    await settle();
    expect(calls.at(-1)).toMatchObject({ method: "events", args: [{ events: [{ id: "t1" }, { id: "t2" }] }] });
    await time.advance(POLL_BEAT_MS);
    expect(time.pending).toBe(0);
  });
});

describe("a poll whose socket breaks", () => {
  it("opens another while there is time, and never sends the events again", async () => {
    const sockets = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    const { send, calls, time } = waiting(sockets);
    const answer = send("POST", POLL, BODY);
    await settle();
    sockets[0]?.break();
    await time.advance(100);
    expect(sockets[1]?.sent).toEqual([PROMPT]);
    sockets[1]?.break();
    await time.advance(200);
    sockets[2]?.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    const body = await time.run(answer.then((response) => response.json()));
    expect(body).toMatchObject({ tasks: [{ id: "t1" }, { id: "t2" }], events: FIRST.events });
    expect(methods(calls)).toEqual(["poll", "fetch", "fetch", "fetch"]);
    expect(time.pending).toBe(0);
  });

  it("ends empty when the queue stays out of reach", async () => {
    const { send, time, upgrades } = waiting([]);
    const text = await time.run(send("POST", POLL, BODY).then((response) => response.text()));
    expect(JSON.parse(text)).toEqual(FIRST);
    expect(upgrades.length).toBeGreaterThan(3);
    expect(upgrades.length).toBeLessThan(30);
    expect(time.pending).toBe(0);
  });
});

describe("a client that goes away", () => {
  const leave = (controller: AbortController) =>
    new Request(requestOf("POST", POLL, BODY), { signal: controller.signal });

  it("while it waits has what came for it released", async () => {
    const socket = new FakeSocket();
    socket.onFrame = ({ type }) => {
      if (type === "cancel") socket.deliver(`{"type":"tasks","tasks":${TASKS}}`);
    };
    const { fetch, calls, time } = waiting([socket]);
    const controller = new AbortController();
    const answer = fetch(leave(controller));
    await settle();
    controller.abort();
    await answer;
    expect(socket.sent).toEqual([PROMPT, CANCEL]);
    expect(calls.at(-1)).toEqual({
      object: "a/b/0",
      method: "events",
      args: [
        {
          events: [
            { type: "release", id: "t1", lease: "l1" },
            { type: "release", id: "t2", lease: "l2" },
          ],
        },
      ],
    });
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("while nothing came is nothing to release", async () => {
    const socket = new FakeSocket();
    socket.onFrame = ({ type }) => {
      if (type === "cancel") socket.deliver('{"type":"tasks","tasks":[]}');
    };
    const { fetch, calls, time } = waiting([socket]);
    const controller = new AbortController();
    const answer = fetch(leave(controller));
    await settle();
    controller.abort();
    await answer;
    expect(methods(calls)).toEqual(["poll", "fetch"]);
    expect(time.pending).toBe(0);
  });

  it("before the first claim was answered has that released", async () => {
    const controller = new AbortController();
    const { fetch, calls } = waiting([], () => {
      controller.abort();
      return { ok: true, value: { ...FIRST, tasks: ['{"id":"t9","lease":"l9"}'] } };
    });
    await fetch(leave(controller));
    await settle();
    expect(calls.at(-1)).toMatchObject({
      method: "events",
      args: [{ events: [{ type: "release", id: "t9", lease: "l9" }] }],
    });
  });
});
