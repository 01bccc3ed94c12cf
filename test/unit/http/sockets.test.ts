/** Upgrades: what the object is told of the caller, and what it never sees. */

import { describe, expect, it } from "vitest";
import { decodeCaller } from "../../../src/protocol/caller.ts";
import { FakeSocket, NOW, platformError, requestOf, SECRET, tokenOf, world } from "./fakes.ts";

const UPGRADE = { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" };
const QUEUE = "/v1/queues/q%2F1/socket";

/** Objects that take every upgrade, and the requests that they got. */
function upgradable(vars: Record<string, string> = { PRINIA_AUTH: "off" }) {
  const seen: Request[] = [];
  const response = new FakeSocket().response;
  const fetch = (request: Request) => {
    seen.push(request);
    return response;
  };
  return { ...world({ fetch }, { directory: { fetch }, vars }), seen, response };
}

describe("an upgrade", () => {
  it("goes to the queue's object, and its answer comes back untouched", async () => {
    const { send, calls, response, seen } = upgradable({
      PRINIA_AUTH: "off",
      PRINIA_ORIGINS: "https://board.example.com",
    });
    const headers = { ...UPGRADE, origin: "https://board.example.com", "sec-websocket-key": "abc" };
    const answer = await send("GET", `${QUEUE}?partition=0`, undefined, headers);
    expect(answer).toBe(response);
    expect(calls.map(({ object, method }) => [object, method])).toEqual([["q/1/0", "fetch"]]);
    expect(seen[0]?.url).toBe(`http://localhost${QUEUE}?partition=0`);
    expect(seen[0]?.headers.get("sec-websocket-key")).toBe("abc");
  });

  it("over all queues goes to the directory", async () => {
    const { send, calls } = upgradable();
    await send("GET", "/v1/socket", undefined, UPGRADE);
    expect(calls.map(({ object, method }) => [object, method])).toEqual([["directory", "fetch"]]);
  });

  it.each(["header", "subprotocol"])(
    "with its token in the %s tells the object who calls, and no token",
    async (place) => {
      const { send, seen } = upgradable({ PRINIA_SECRET: SECRET });
      const exp = NOW / 1000 + 60;
      const token = await tokenOf({ queues: ["q/1", "é*"], scope: ["work", "read"], exp });
      const headers =
        place === "header"
          ? { ...UPGRADE, authorization: `Bearer ${token}` }
          : { ...UPGRADE, "sec-websocket-protocol": `prinia.v1, bearer.${token}` };
      const answer = await send("GET", QUEUE, undefined, {
        ...headers,
        "x-prinia-caller": '{"scopes":["admin"],"queues":null,"exp":null,"internal":true}',
        "x-prinia-anything": "1",
      });
      expect(answer.status).toBe(101);
      const sent = seen[0]?.headers;
      expect(decodeCaller(sent?.get("x-prinia-caller") ?? "")).toEqual({
        ok: true,
        value: { scopes: ["work", "read"], queues: ["q/1", "é*"], exp: exp * 1000 },
      });
      expect(sent?.get("sec-websocket-protocol")).toBe("prinia.v1");
      expect([...(sent?.keys() ?? [])].filter((name) => /authorization|x-prinia-(?!caller)/.test(name))).toEqual([]);
      expect(JSON.stringify([...(sent ?? [])])).not.toContain(token);
    },
  );

  it("to an open server drops a token that was not asked for", async () => {
    const { send, seen } = upgradable();
    const headers = { upgrade: "WebSocket", "sec-websocket-protocol": "bearer.abc,prinia.v1" };
    await send("GET", QUEUE, undefined, headers);
    expect(seen[0]?.headers.get("sec-websocket-protocol")).toBe("prinia.v1");
  });

  it.each([
    ["no upgrade", {}, "", "upgrade"],
    ["another subprotocol", { ...UPGRADE, "sec-websocket-protocol": "prinia.v2" }, "", "sec-websocket-protocol"],
    [
      "a token as its only subprotocol",
      { ...UPGRADE, "sec-websocket-protocol": "bearer.x" },
      "",
      "sec-websocket-protocol",
    ],
    ["a partition that there is not", UPGRADE, "?partition=1", "partition"],
    ["a partition that is no number", UPGRADE, "?partition=x", "partition"],
    ["an unknown parameter", UPGRADE, "?token=x", "token"],
  ])("with %s is refused", async (_, headers: Record<string, string>, query, path) => {
    const { send, seen } = upgradable();
    const response = await send("GET", `${QUEUE}${query}`, undefined, headers);
    expect([response.status, await response.json()]).toMatchObject([400, { code: "bad_request", path }]);
    expect(seen).toEqual([]);
  });

  it("to all queues names no partition", async () => {
    const { send } = upgradable();
    const response = await send("GET", "/v1/socket?partition=0", undefined, UPGRADE);
    expect(await response.json()).toMatchObject({ code: "bad_request", path: "partition" });
  });

  it("is tried again when the object restarts", async () => {
    let times = 0;
    const { response } = new FakeSocket();
    const fetch = () => (times++ === 0 ? Promise.reject(platformError({ retryable: true })) : response);
    const { fetch: ask, time } = world({ fetch });
    expect(await time.run(ask(requestOf("GET", QUEUE, undefined, UPGRADE)))).toBe(response);
  });
});
