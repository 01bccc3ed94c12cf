// Sockets that watch: one for each scope, which come back by themselves and tell so.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { retryMs } from "../../../src/board/line.ts";
import { connection, type LiveEvent, stillness, watchAll, watchQueue } from "../../../src/board/live.ts";
import { farewell, isOpen, logIn, logOut, token } from "../../../src/board/token.ts";
import { FakeSocket, lastSocket, onFakeSockets, socketCount } from "../client/fake-socket.ts";

const LINGER_MS = 2_000;
const LAST_RETRY_MS = 15_000;
const jwt = (ms: number): string =>
  `e30.${Buffer.from(JSON.stringify({ queues: ["*"], scope: ["read"], exp: (Date.now() + ms) / 1_000 })).toString("base64url")}.c2ln`;

onFakeSockets();
const ends: (() => void)[] = [];
const asked: string[] = [];
let heard: LiveEvent[] = [];
const hear = (event: LiveEvent): void => {
  heard.push(event);
};
const watched = (end: () => void): (() => void) => {
  ends.push(end);
  return end;
};

beforeEach(() => {
  heard = [];
  asked.length = 0;
  isOpen.value = true;
  vi.stubGlobal("location", { href: "https://queues.example/board/" });
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return new Response("{}");
  });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.advanceTimersByTime(LINGER_MS);
  logOut();
  isOpen.value = null;
});

describe("a watch", () => {
  test("says its topics once the socket is open, and hears of them alone", () => {
    watched(watchQueue("a/b", 1, ["tasks"], hear));
    const socket = lastSocket();
    expect(socket.url).toBe("wss://queues.example/v1/queues/a%2Fb/socket");
    expect(socket.protocols).toEqual(["prinia.v1"]);
    expect(connection.value).toBe("connecting");
    socket.accept();
    expect(connection.value).toBe("open");
    expect(socket.sent()).toEqual([{ type: "watch", ref: "board", topics: ["tasks"] }]);
    socket.say({ type: "event", ref: "board", topic: "tasks", tasks: [{ id: "1", gone: true }] });
    socket.say({ type: "event", ref: "board", topic: "stats", stats: {} });
    expect(heard).toEqual([
      { type: "event", ref: "board", partition: 0, topic: "tasks", tasks: [{ id: "1", gone: true }] },
    ]);
  });

  test("shares its socket with others of the same scope, for the topics of all", () => {
    watched(watchAll(["stats"], hear));
    lastSocket().accept();
    lastSocket().sent();
    watched(watchAll(["workers"], hear));
    expect(socketCount()).toBe(1);
    expect(lastSocket().sent()).toEqual([{ type: "watch", ref: "board", topics: ["stats", "workers"] }]);
  });

  test("has a socket for each partition, and says which one an event is of", () => {
    watched(watchQueue("orders", 2, ["stats"], hear));
    expect(FakeSocket.opened.map(({ url }) => url.slice(-12))).toEqual(["?partition=0", "?partition=1"]);
    lastSocket().accept();
    lastSocket().say({ type: "event", ref: "board", topic: "stats", stats: {} });
    expect(heard).toMatchObject([{ topic: "stats", partition: 1 }]);
    expect(connection.value).toBe("connecting");
  });

  test("brings its token as a subprotocol", () => {
    isOpen.value = false;
    logIn(jwt(60_000));
    watched(watchAll(["stats"], hear));
    expect(lastSocket().protocols).toEqual(["prinia.v1", `bearer.${token.value}`]);
  });

  test("that ends leaves its socket open for the next page, but not for long", () => {
    watchAll(["stats"], hear)();
    vi.advanceTimersByTime(LINGER_MS - 1);
    const end = watchAll(["stats"], hear);
    vi.advanceTimersByTime(LINGER_MS);
    expect([socketCount(), lastSocket().left]).toEqual([1, false]);
    end();
    vi.advanceTimersByTime(LINGER_MS);
    expect(lastSocket().left).toBe(true);
    expect(connection.value).toBe("closed");
  });
});

describe("a socket that breaks", () => {
  test("comes back, watches again, and says that something may have been missed", () => {
    watched(watchAll(["stats"], hear));
    lastSocket().accept();
    lastSocket().drop();
    expect(connection.value).toBe("connecting");
    vi.advanceTimersByTime(500);
    expect(socketCount()).toBe(2);
    lastSocket().accept();
    expect(lastSocket().sent()).toEqual([{ type: "watch", ref: "board", topics: ["stats"] }]);
    expect(heard).toEqual([{ topic: "reconnected", partition: 0 }]);
    expect(connection.value).toBe("open");
  });

  test("is tried ever more seldom, and a request is to find out why it is not let in", () => {
    watched(watchAll(["stats"], hear));
    vi.spyOn(Math, "random").mockReturnValue(1);
    for (let failures = 0; failures < 8; failures += 1) {
      lastSocket().drop();
      vi.advanceTimersByTime(retryMs(failures, 1) - 1);
      expect(socketCount()).toBe(failures + 1);
      vi.advanceTimersByTime(1);
    }
    vi.restoreAllMocks();
    expect(socketCount()).toBe(9);
    expect(asked).toHaveLength(8);
    expect(heard).toEqual([]);
  });

  test("waits for a time of which half is chance, up to an end", () => {
    expect([retryMs(0, 0), retryMs(0, 1), retryMs(3, 0), retryMs(3, 1)]).toEqual([250, 500, 2_000, 4_000]);
    expect(retryMs(60, 1)).toBe(LAST_RETRY_MS);
  });

  test("is found out by a ping that nothing answers", () => {
    watched(watchAll(["stats"], hear));
    lastSocket().accept();
    lastSocket().sent();
    vi.advanceTimersByTime(25_000);
    expect(lastSocket().sent()).toEqual([{ type: "ping" }]);
    lastSocket().say("pong");
    vi.advanceTimersByTime(25_000 + 9_999);
    expect(socketCount()).toBe(1);
    vi.advanceTimersByTime(1 + 500);
    expect(socketCount()).toBe(2);
  });

  test("because the token has ended is not tried again: it is time to log in", () => {
    isOpen.value = false;
    logIn(jwt(60_000));
    watched(watchAll(["stats"], hear));
    lastSocket().accept();
    lastSocket().drop(1008);
    expect(token.value).toBeNull();
    expect(farewell.value).toContain("token has ended");
    vi.advanceTimersByTime(LAST_RETRY_MS);
    expect(socketCount()).toBe(1);
    logIn(jwt(60_000));
    expect(socketCount()).toBe(2);
  });
});

describe("what trying again would not help", () => {
  test("is said: a token that lasts longer than a socket takes", () => {
    isOpen.value = false;
    logIn(jwt(25 * 3_600_000));
    watched(watchAll(["stats"], hear));
    expect(socketCount()).toBe(0);
    expect(stillness.value).toContain("24 hours");
    expect(connection.value).toBe("closed");
  });

  test("is said: a refused watch, in the words of the server", () => {
    watched(watchAll(["stats"], hear));
    lastSocket().accept();
    lastSocket().say({ type: "error", ref: "board", code: "forbidden", detail: "`watch` needs the scope `read`." });
    expect(stillness.value).toBe("`watch` needs the scope `read`.");
    vi.advanceTimersByTime(LAST_RETRY_MS);
    expect(socketCount()).toBe(1);
  });
});
