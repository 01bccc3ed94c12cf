/** Pages of other sites, hosts that resolve to this machine, and CORS. */

import { describe, expect, it } from "vitest";
import { SECRET, tokenOf, world } from "./fakes.ts";

const BOARD = "https://board.example.com";
const GUARDED = { PRINIA_SECRET: SECRET, PRINIA_ORIGINS: `${BOARD}, http://localhost:5173/` };
const PREFLIGHT = { "access-control-request-method": "POST" };

async function ask(vars: Record<string, string>, url: string, headers: Record<string, string>, method = "GET") {
  const { fetch, calls } = world({ config: {} }, { vars });
  const authorization = vars.PRINIA_SECRET === undefined ? {} : { authorization: `Bearer ${await tokenOf()}` };
  const response = await fetch(new Request(url, { method, headers: { ...authorization, ...headers } }));
  return { response, calls };
}

const CONFIG = "/v1/queues/q/config";

describe("a request from a page", () => {
  it.each([
    ["the server's own", `https://queue.example.com${CONFIG}`, "https://queue.example.com", 200],
    [
      "the server's own, behind a proxy that ends TLS",
      `http://queue.example.com${CONFIG}`,
      "https://queue.example.com",
      200,
    ],
    ["the server's name over plain HTTP", `https://queue.example.com${CONFIG}`, "http://queue.example.com", 403],
    ["another port of the server", `https://queue.example.com${CONFIG}`, "https://queue.example.com:8443", 403],
    ["one of PRINIA_ORIGINS", `https://queue.example.com${CONFIG}`, BOARD, 200],
    ["one of PRINIA_ORIGINS, written with a slash", `https://queue.example.com${CONFIG}`, "http://localhost:5173", 200],
    ["localhost, with tokens", `https://queue.example.com${CONFIG}`, "http://localhost:3000", 403],
    ["a stranger's", `https://queue.example.com${CONFIG}`, "https://evil.example", 403],
    ["a subdomain of one of PRINIA_ORIGINS", `https://queue.example.com${CONFIG}`, "https://a.board.example.com", 403],
    ["nobody's", `https://queue.example.com${CONFIG}`, "null", 403],
    ["no origin at all", `https://queue.example.com${CONFIG}`, "nonsense", 403],
  ])("of %s is answered so", async (_, url, origin, status) => {
    const { response, calls } = await ask(GUARDED, url, { origin });
    expect(response.status).toBe(status);
    expect(calls).toHaveLength(status === 200 ? 1 : 0);
    if (status === 403) expect(await response.json()).toMatchObject({ code: "forbidden" });
  });

  it("is refused on an upgrade as on any request", async () => {
    const { response, calls } = await ask(GUARDED, "https://queue.example.com/v1/queues/q/socket", {
      origin: "https://evil.example",
      upgrade: "websocket",
      "sec-websocket-protocol": "prinia.v1",
    });
    expect([response.status, calls]).toEqual([403, []]);
  });
});

describe("an open server", () => {
  const open = { PRINIA_AUTH: "off", PRINIA_ORIGINS: BOARD };

  it.each([
    ["http://localhost:8787", undefined, 200],
    ["http://127.0.0.1:8787", undefined, 200],
    ["http://[::1]:8787", undefined, 200],
    ["http://localhost:8787", "http://localhost:3000", 200],
    ["http://localhost:8787", "http://127.0.0.1:8787", 200],
    ["http://localhost:8787", "https://evil.example", 403],
    ["http://localhost:8787", "http://localhost.evil.example", 403],
    ["http://localhost:8787", "null", 403],
    ["http://rebound.example:8787", undefined, 403],
    ["http://rebound.example:8787", "http://rebound.example:8787", 403],
    ["http://127.0.0.1.nip.example", undefined, 403],
    ["https://board.example.com", undefined, 200],
  ])("addressed as %s by a page of %s answers %i", async (base, origin, status) => {
    const { response, calls } = await ask(open, `${base}${CONFIG}`, origin === undefined ? {} : { origin });
    expect(response.status).toBe(status);
    expect(calls).toHaveLength(status === 200 ? 1 : 0);
  });

  it("also reads the Host header, which a proxy may have left as it came", async () => {
    const { response } = await ask(open, `http://localhost:8787${CONFIG}`, { host: "rebound.example" });
    expect(response.status).toBe(403);
  });

  it("guards its health too", async () => {
    const { response } = await ask(open, "http://rebound.example/v1/health", {});
    expect(response.status).toBe(403);
  });
});

describe("CORS", () => {
  const url = `https://queue.example.com${CONFIG}`;

  it("names an origin of PRINIA_ORIGINS on answers and on refusals", async () => {
    for (const path of [CONFIG, "/v1/nothing", "/v1/queues/q/tasks?colour=red"]) {
      const { response } = await ask(GUARDED, `https://queue.example.com${path}`, { origin: BOARD });
      expect(response.headers.get("access-control-allow-origin")).toBe(BOARD);
      expect(response.headers.get("vary")).toBe("origin");
    }
  });

  it("names it also when the token is missing, so that the page can tell", async () => {
    const { response } = await ask(GUARDED, url, { origin: BOARD, authorization: "" });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([401, BOARD]);
  });

  it.each([
    ["the server's own", "https://queue.example.com"],
    ["a stranger's", "https://evil.example"],
  ])("does not name %s origin", async (_, origin) => {
    const { response } = await ask(GUARDED, url, { origin });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  const open = { PRINIA_AUTH: "off" };

  it.each(["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:1", "https://localhost"])(
    "on an open server names %s as well, in an answer and in a preflight",
    async (origin) => {
      const { response } = await ask(open, `http://localhost:8787${CONFIG}`, { origin });
      expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
      const asked = await ask(open, `http://localhost:8787${CONFIG}`, { origin, ...PREFLIGHT }, "OPTIONS");
      expect(asked.response.status).toBe(204);
      expect(asked.response.headers.get("access-control-allow-origin")).toBe(origin);
      expect([asked.response.headers.get("vary"), asked.calls]).toEqual(["origin", []]);
    },
  );

  it.each([
    "http://localhost:8787",
    "https://evil.example",
    "http://evil.localhost:8787",
    "null",
    "file://",
    "http://10.0.0.1",
  ])("on an open server does not name %s", async (origin) => {
    for (const method of ["GET", "OPTIONS"]) {
      const headers = method === "GET" ? { origin } : { origin, ...PREFLIGHT };
      const { response } = await ask(open, `http://localhost:8787${CONFIG}`, headers, method);
      const names = [...response.headers.keys()].filter((name) => name.startsWith("access-control-"));
      expect(names).toEqual([]);
    }
  });

  it("never lets a page's cookies or credentials along, and never names all", async () => {
    for (const [vars, origin] of [
      [open, "http://localhost:1"],
      [GUARDED, BOARD],
    ] as const) {
      const base = vars === open ? "http://localhost:8787" : "https://queue.example.com";
      for (const [method, headers] of [
        ["GET", { origin }],
        ["OPTIONS", { origin, ...PREFLIGHT }],
      ] as const) {
        const { response } = await ask(vars, `${base}${CONFIG}`, headers, method);
        expect(response.headers.get("access-control-allow-origin")).toBe(origin);
        expect(response.headers.has("access-control-allow-credentials")).toBe(false);
      }
    }
  });

  it("answers a preflight of PRINIA_ORIGINS without a token", async () => {
    const { response, calls } = await ask(GUARDED, url, { origin: BOARD, authorization: "", ...PREFLIGHT }, "OPTIONS");
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(BOARD);
    expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(response.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(calls).toEqual([]);
  });

  it.each([
    [{ ...GUARDED }, "https://evil.example", 403],
    [{ PRINIA_ORIGINS: BOARD }, BOARD, 503],
    [{ PRINIA_SECRET: SECRET }, "https://queue.example.com", 405],
  ])("answers no other preflight: with %j, of %s, %i", async (vars, origin, status) => {
    const { response } = await ask(vars, url, { origin, ...PREFLIGHT }, "OPTIONS");
    expect(response.status).toBe(status);
    expect(response.headers.has("access-control-allow-methods")).toBe(false);
  });

  it("allows nothing for an entry that is no origin", async () => {
    const { response } = await ask({ ...GUARDED, PRINIA_ORIGINS: "*, null, board" }, url, { origin: "null" });
    expect(response.status).toBe(403);
  });
});
