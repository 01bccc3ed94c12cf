/** Waits over HTTP: lines as results come, in NDJSON or SSE, over a socket that may break. */

import { describe, expect, it, vi } from "vitest";
import { MAX_REOPEN_PAUSE_MS, REOPEN_PAUSE_MS } from "../../../src/limits.ts";
import { FakeSocket, platformError, requestOf, settle, world } from "./fakes.ts";

const WAIT = "/v1/queues/q/wait";
const done = (id: string, ok = "1") => `{"id":"${id}","status":"Done","attempt":1,"result":{"ok":${ok}}}`;

function waiting(...sockets: FakeSocket[]) {
  let opened = 0;
  const made = world({
    fetch: () => {
      const socket = sockets[opened++];
      return socket === undefined ? Promise.reject(platformError({ overloaded: true })) : socket.response;
    },
  });
  return made;
}

/** Reads an answer as it comes. */
function reading(response: Response) {
  const reader = response.body?.getReader();
  let text = "";
  const whole = (async () => {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      text += new TextDecoder().decode(next.value);
    }
  })();
  return { soFar: () => text, whole, cancel: () => reader?.cancel() };
}

const result = (...texts: string[]) => `{"type":"result","ref":"wait","results":[${texts.join(",")}]}`;

describe("a wait", () => {
  it("sends each result at once, as it came, and ends after the last", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting(socket);
    const response = await send("POST", WAIT, { ids: ["a", "b", "a", "c"] });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const { soFar, whole } = reading(response);
    await settle();
    expect(socket.sent).toEqual([{ type: "wait", ref: "wait", ids: ["a", "b", "c"], progress: false }]);
    socket.deliver(
      result(
        done("b", "12345678901234567890"),
        '{"id":"c","error":{"code":"task_not_found","detail":"There is none."}}',
      ),
    );
    await settle();
    const first = `${done("b", "12345678901234567890")}\n{"id":"c","error":{"code":"task_not_found"}}\n`;
    expect(soFar()).toBe(first);
    socket.deliver(result('{"id":"a","status":"Killed","attempt":5,"result":{"err":"no"}}'));
    await whole;
    expect(soFar()).toBe(`${first}{"id":"a","status":"Killed","attempt":5,"result":{"err":"no"}}\n`);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("ends with the ids still pending when its time is up", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", "b", "c"], waitMs: 5_000 }));
    await settle();
    socket.deliver(result(done("b")));
    await time.advance(5_000);
    await whole;
    expect(soFar()).toBe(`${done("b")}\n{"pending":["a","c"]}\n`);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("lasts 25 seconds unless told otherwise", async () => {
    const { send, time } = waiting(new FakeSocket());
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a"] }));
    await time.advance(24_999);
    expect(soFar()).toBe("");
    await time.advance(1);
    await whole;
    expect(soFar()).toBe('{"pending":["a"]}\n');
  });

  it("says each id once, whatever the object says", async () => {
    const socket = new FakeSocket();
    const { send } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", "b"] }));
    await settle();
    socket.deliver(result(done("a")));
    socket.deliver(result(done("a"), done("stranger"), done("b")));
    await whole;
    expect(soFar()).toBe(`${done("a")}\n${done("b")}\n`);
  });

  it("tells progress when asked to, and not of what is over", async () => {
    const socket = new FakeSocket();
    const { send } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", "b"], progress: true }));
    await settle();
    expect(socket.sent).toMatchObject([{ progress: true }]);
    socket.deliver('{"type":"progress","ref":"wait","id":"a","progress":{"at":1.50}}');
    socket.deliver(result(done("a")));
    socket.deliver('{"type":"progress","ref":"wait","id":"a","progress":2}');
    socket.deliver(result(done("b")));
    await whole;
    expect(soFar()).toBe(`{"id":"a","progress":{"at":1.50}}\n${done("a")}\n${done("b")}\n`);
  });

  it("hands on results that nest as deep as args may", async () => {
    const socket = new FakeSocket();
    const { send } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a"] }));
    await settle();
    const deep = "[".repeat(500) + "]".repeat(500);
    socket.deliver(result(done("a", deep)));
    await whole;
    expect(soFar()).toBe(`${done("a", deep)}\n`);
  });

  it("without time looks once and opens no socket", async () => {
    const { send, calls } = world({
      status: { results: [done("a"), '{"id":"b","status":"Failed","attempt":1,"result":{"err":"x"}}'], unknown: ["c"] },
    });
    const response = await send("POST", WAIT, { ids: ["a", "b", "c"], waitMs: 0 });
    expect(await response.text()).toBe(
      `${done("a")}\n{"id":"c","error":{"code":"task_not_found"}}\n{"pending":["b"]}\n`,
    );
    expect(calls).toEqual([{ object: "q/0", method: "status", args: [["a", "b", "c"]] }]);
  });

  it("is a problem, not a stream, when the queue cannot be reached at all", async () => {
    const { send, time } = waiting();
    const response = await send("POST", WAIT, { ids: ["a"] });
    expect([response.status, response.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
    expect(time.pending).toBe(0);
  });

  it("is a problem, and no bug, when the queue has as many sockets as it takes", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { send } = world({ fetch: async () => new Response("{}", { status: 503 }) });
    const response = await send("POST", WAIT, { ids: ["a"] });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  it("ends with the pending ids when the queue refuses to wait", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const socket = new FakeSocket();
    const { send, time } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a"] }));
    await settle();
    socket.deliver({ type: "error", ref: "wait", code: "wrong_partition", detail: "no" });
    await whole;
    expect(soFar()).toBe('{"pending":["a"]}\n');
    expect(time.pending).toBe(0);
    log.mockRestore();
  });

  it("asks again after a while when the queue waits for too much just now", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const [full, free] = [new FakeSocket(), new FakeSocket()];
    const { send, time } = waiting(full, free);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a"] }));
    await settle();
    full.deliver({ type: "error", ref: "wait", code: "too_many_requests", detail: "later" });
    // The first pause of a broken connection would be over by then.
    await time.advance(REOPEN_PAUSE_MS * 2);
    expect([full.closed, free.sent]).toEqual([true, []]);
    await time.advance(MAX_REOPEN_PAUSE_MS);
    expect(free.sent).toMatchObject([{ type: "wait", ids: ["a"] }]);
    free.deliver(result(done("a")));
    await whole;
    expect(soFar()).toBe(`${done("a")}\n`);
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });
});

describe("an id of a partition that the queue has not", () => {
  const elsewhere = "01JY00000001ZZZZZZZZZZZZZZ";

  it("is the id of no task, and does not spoil the wait for the others", async () => {
    const socket = new FakeSocket();
    const { send } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", elsewhere] }));
    await settle();
    expect(soFar()).toBe(`{"id":"${elsewhere}","error":{"code":"task_not_found"}}\n`);
    expect(socket.sent).toMatchObject([{ ids: ["a"] }]);
    socket.deliver(result(done("a")));
    await whole;
    expect(soFar()).toContain(done("a"));
  });

  it("needs no socket when there are no others", async () => {
    const { send, calls } = waiting();
    const response = await send("POST", WAIT, { ids: [elsewhere] });
    expect(await response.text()).toBe(`{"id":"${elsewhere}","error":{"code":"task_not_found"}}\n`);
    expect(calls).toEqual([]);
  });
});

describe("a wait of a browser", () => {
  it("is a GET, and comes as server-sent events", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting(socket);
    const response = await send("GET", `${WAIT}?id=a&id=b&id=a&waitMs=1000&progress`, undefined, {
      accept: "text/event-stream",
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const { soFar, whole } = reading(response);
    await settle();
    expect(socket.sent).toEqual([{ type: "wait", ref: "wait", ids: ["a", "b"], progress: true }]);
    socket.deliver(result(done("a")));
    await time.advance(1_000);
    await whole;
    expect(soFar()).toBe(`data: ${done("a")}\n\ndata: {"pending":["b"]}\n\n`);
  });

  it("may be NDJSON by GET, and SSE by POST", async () => {
    const { send } = world({ status: { results: [done("a")], unknown: [] } });
    expect(await (await send("GET", `${WAIT}?id=a&waitMs=0`)).text()).toBe(`${done("a")}\n`);
    const posted = await send(
      "POST",
      WAIT,
      { ids: ["a"], waitMs: 0 },
      { accept: "text/html, text/event-stream;q=0.9" },
    );
    expect(await posted.text()).toBe(`data: ${done("a")}\n\n`);
  });

  it("opens nothing for a HEAD, whose answer nobody reads", async () => {
    const { send, calls, time } = waiting(new FakeSocket());
    const response = await send("HEAD", `${WAIT}?id=a`);
    expect([response.status, calls, time.pending]).toEqual([200, [], 0]);
  });
});

describe("a wait whose socket breaks", () => {
  it("opens another and asks for what is pending", async () => {
    const sockets = [new FakeSocket(), new FakeSocket()];
    const { send, time } = waiting(...sockets);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", "b"], progress: true }));
    await settle();
    sockets[0]?.deliver(result(done("a")));
    sockets[0]?.break();
    await time.advance(100);
    expect(sockets[1]?.sent).toEqual([{ type: "wait", ref: "wait", ids: ["b"], progress: true }]);
    sockets[1]?.deliver(result(done("b")));
    await whole;
    expect(soFar()).toBe(`${done("a")}\n${done("b")}\n`);
    expect(time.pending).toBe(0);
  });

  it("loses nothing that came before the break", async () => {
    const socket = new FakeSocket();
    const { send } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a", "b"] }));
    await settle();
    socket.deliver(result(done("a")));
    socket.deliver(result(done("b")));
    socket.break();
    await whole;
    expect(soFar()).toBe(`${done("a")}\n${done("b")}\n`);
  });

  it("ends with the pending ids when there is no other to be had", async () => {
    const socket = new FakeSocket();
    const { send, time } = waiting(socket);
    const { soFar, whole } = reading(await send("POST", WAIT, { ids: ["a"], waitMs: 10_000 }));
    await settle();
    socket.break();
    await time.run(whole);
    expect(soFar()).toBe('{"pending":["a"]}\n');
    expect(time.pending).toBe(0);
  });
});

describe("a client that goes away", () => {
  it.each(["cancels its answer", "aborts its request"])("and %s leaves no socket and no timer", async (how) => {
    const socket = new FakeSocket();
    const { fetch, time } = waiting(socket);
    const controller = new AbortController();
    const request = new Request(requestOf("POST", WAIT, { ids: ["a"] }), { signal: controller.signal });
    const { whole, cancel } = reading(await fetch(request));
    await settle();
    expect(time.pending).toBe(1);
    if (how === "cancels its answer") await cancel();
    else controller.abort();
    await whole;
    await settle();
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("before it read anything leaves none either", async () => {
    const socket = new FakeSocket();
    const { fetch, time } = waiting(socket);
    const response = await fetch(requestOf("POST", WAIT, { ids: ["a"] }));
    await response.body?.cancel();
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("while the socket is being opened again leaves none", async () => {
    const socket = new FakeSocket();
    const { fetch, time } = waiting(socket);
    const { cancel } = reading(await fetch(requestOf("POST", WAIT, { ids: ["a"] })));
    await settle();
    socket.break();
    await settle();
    expect(time.pending).toBe(2);
    await cancel();
    await settle();
    expect(time.pending).toBe(0);
  });
});
