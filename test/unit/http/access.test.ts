/** Who may do what: every route with every scope, tokens good and bad, and servers without a secret. */

import { sign } from "hono/jwt";
import { describe, expect, it } from "vitest";
import { createApp, trusting } from "../../../src/http/app.ts";
import { allRoutes } from "../../../src/http/table.ts";
import { SCOPES } from "../../../src/protocol/caller.ts";
import { FakeSocket, NOW, requestOf, SECRET, tokenOf, world } from "./fakes.ts";

const GUARDED = { vars: { PRINIA_SECRET: SECRET } };

/** What the protocol says under "Access", route by route; `admin` may do all of it. */
const ALLOWED: Record<string, readonly string[]> = {
  "POST /v1/queues/:queue/tasks": ["push"],
  "GET /v1/queues/:queue/tasks": ["read"],
  "GET /v1/queues/:queue/tasks/:id": ["push", "read"],
  "PATCH /v1/queues/:queue/tasks/:id": ["manage"],
  "DELETE /v1/queues/:queue/tasks/:id": ["manage"],
  "POST /v1/queues/:queue/tasks/:id/reschedule": ["manage"],
  "POST /v1/queues/:queue/tasks/:id/resume": ["manage"],
  "POST /v1/queues/:queue/tasks/:id/cancel": ["push", "manage"],
  "POST /v1/queues/:queue/tasks/resume": ["manage"],
  "POST /v1/queues/:queue/tasks/cancel": ["manage"],
  "POST /v1/queues/:queue/tasks/reschedule": ["manage"],
  "POST /v1/queues/:queue/tasks/delete": ["manage"],
  "POST /v1/queues/:queue/poll": ["work"],
  "POST /v1/queues/:queue/events": ["work"],
  "POST /v1/queues/:queue/workers": ["work"],
  "GET /v1/queues/:queue/workers": ["read"],
  "POST /v1/queues/:queue/workers/:worker/heartbeat": ["work"],
  "DELETE /v1/queues/:queue/workers/:worker": ["work"],
  "POST /v1/queues/:queue/wait": ["push"],
  "GET /v1/queues/:queue/wait": ["push"],
  "POST /v1/queues/:queue/status": ["push", "read"],
  "GET /v1/queues/:queue": ["read"],
  "DELETE /v1/queues/:queue": [],
  "GET /v1/queues/:queue/stats": ["read"],
  "GET /v1/queues/:queue/config": ["read"],
  "PATCH /v1/queues/:queue/config": [],
  "POST /v1/queues/:queue/purge": [],
  "POST /v1/queues/:queue/resume-abandoned": [],
  "POST /v1/queues/:queue/vacuum": [],
  "GET /v1/queues/:queue/socket": ["push", "work", "read"],
  "GET /v1/queues": ["read"],
  "GET /v1/tasks": ["read"],
  "GET /v1/workers": ["read"],
  "GET /v1/stats": ["read"],
  "GET /v1/socket": ["read"],
};

const OPEN = ["GET /v1", "GET /v1/health", "GET /v1/openapi.json"];

const concrete = (route: string): [string, string] => {
  const [method = "", path = ""] = route.split(" ");
  return [method, path.replace(":queue", "q").replace(":id", "i").replace(":worker", "w")];
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Past the access check anything may happen: the body is wrong, the answer is empty. */
const isAllowed = (response: Response) => response.status !== 401 && response.status !== 403;

describe("the scope of a route", () => {
  it("is stated here for every route there is", () => {
    const routes = allRoutes().map(({ method, path }) => `${method} ${path}`);
    expect(routes.toSorted()).toEqual([...Object.keys(ALLOWED), ...OPEN].toSorted());
  });

  it.each(Object.entries(ALLOWED))("lets into %s: %j and admin alone", async (route, scopes) => {
    const { send, calls } = world({}, GUARDED);
    for (const scope of SCOPES) {
      const [method, path] = concrete(route);
      const before = calls.length;
      const token = await tokenOf({ scope: [scope] });
      const response = await send(method, path, method === "GET" ? undefined : '{"wrong":1}', bearer(token));
      const expected = scope === "admin" || scopes.includes(scope);
      expect({ scope, allowed: isAllowed(response) }).toEqual({ scope, allowed: expected });
      if (!expected) {
        expect(await response.json()).toMatchObject({ code: "forbidden" });
        expect(calls).toHaveLength(before);
      }
    }
  });

  it.each(Object.keys(ALLOWED).filter((route) => route.includes(":queue")))(
    "is of no use on %s outside the queues of the claim",
    async (route) => {
      const { send, calls } = world({}, GUARDED);
      const [method, path] = concrete(route);
      const token = await tokenOf({ queues: ["other", "q2*"] });
      const response = await send(method, path, undefined, bearer(token));
      expect([response.status, await response.json()]).toMatchObject([403, { code: "forbidden" }]);
      expect(calls).toEqual([]);
    },
  );

  it.each(Object.keys(ALLOWED))("is asked for on %s: without a token it is a 401", async (route) => {
    const { send, calls } = world({}, GUARDED);
    const response = await send(...concrete(route));
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ code: "unauthorized" });
    expect(calls).toEqual([]);
  });

  it.each(OPEN)("is not asked for on %s", async (route) => {
    const response = await world({}, GUARDED).send(...concrete(route));
    expect(response.status).toBe(200);
  });
});

describe("a claim of queues", () => {
  it.each([
    [["mail"], "mail", true],
    [["mail"], "mails", false],
    [["mail*"], "mail", true],
    [["mail*"], "mail/eu", true],
    [["mail*"], "ma", false],
    [["*"], "anything at all", true],
    [["a*b"], "axb", false],
    [["x", "y*"], "y1", true],
    [[], "x", false],
  ])("%j covers %j: %s", async (queues, queue, covered) => {
    const { send } = world({ config: {} }, GUARDED);
    const token = await tokenOf({ queues });
    const response = await send("GET", `/v1/queues/${encodeURIComponent(queue)}/config`, undefined, bearer(token));
    expect(response.status).toBe(covered ? 200 : 403);
  });

  it("narrows the lists over all queues", async () => {
    const { send, calls } = world({}, GUARDED);
    const token = await tokenOf({ queues: ["a*", "b"], scope: ["read"] });
    for (const path of ["/v1/queues", "/v1/workers", "/v1/stats", "/v1/tasks"]) {
      await send("GET", path, undefined, bearer(token));
    }
    expect(calls.map(({ args }) => args[0])).toMatchObject(Array(4).fill({ patterns: ["a*", "b"] }));
  });
});

describe("a token", () => {
  const seconds = NOW / 1000;

  it.each([
    ["has another signature", () => tokenOf({}, "another secret")],
    ["has expired this very moment", () => tokenOf({ exp: seconds })],
    ["has no exp", () => sign({ queues: ["*"], scope: ["admin"] }, SECRET)],
    ["has an exp that is no number", () => tokenOf({ exp: "tomorrow" })],
    ["has no queues", () => tokenOf({ queues: undefined })],
    ["has queues that are no list", () => tokenOf({ queues: "*" })],
    ["has an empty name among its queues", () => tokenOf({ queues: [""] })],
    ["has a scope that there is not", () => tokenOf({ scope: ["read", "root"] })],
    ["has a scope that is no list", () => tokenOf({ scope: "admin" })],
    [
      "is signed by another algorithm",
      () => sign({ queues: ["*"], scope: ["admin"], exp: seconds + 60 }, SECRET, "HS512"),
    ],
    ["is not valid yet", () => tokenOf({ nbf: Date.now() / 1000 + 60 })],
    ["is no JWT", async () => "secret"],
    ["claims to need no signature", async () => unsigned({ queues: ["*"], scope: ["admin"], exp: seconds + 60 })],
  ])("that %s is refused, and not repeated", async (_, mint) => {
    const token = await mint();
    const { send, calls } = world({}, GUARDED);
    const response = await send("GET", "/v1/queues/q/config", undefined, bearer(token));
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: "unauthorized" });
    if (token.length > 10) expect(text).not.toContain(token);
    expect(calls).toEqual([]);
  });

  it("may come from a machine whose clock is ahead", async () => {
    const token = await tokenOf({ iat: Date.now() / 1000 + 30 });
    const { send } = world({ config: {} }, GUARDED);
    expect((await send("GET", "/v1/queues/q/config", undefined, bearer(token))).status).toBe(200);
  });

  it("is not taken from the query, nor from a subprotocol where there is no upgrade", async () => {
    const token = await tokenOf();
    const { send } = world({ config: {} }, GUARDED);
    const headers = { "sec-websocket-protocol": `prinia.v1, bearer.${token}` };
    expect((await send("GET", "/v1/queues/q/config", undefined, headers)).status).toBe(401);
    expect((await send("GET", `/v1/queues/q/config?token=${token}`)).status).toBe(401);
  });
});

function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
}

describe("a token on a socket", () => {
  const upgrade = { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" };
  const day = 86_400;

  it.each([
    ["a day and a second away", day + 1, 401],
    ["a day away", day, 101],
    ["an hour away", 3_600, 101],
  ])("whose exp is %s answers %i", async (_, away, status) => {
    const { send } = world({ fetch: () => new FakeSocket().response }, GUARDED);
    const headers = { ...upgrade, ...bearer(await tokenOf({ exp: NOW / 1000 + away })) };
    const response = await send("GET", "/v1/queues/q/socket", undefined, headers);
    expect(response.status).toBe(status);
  });
});

describe("a server without a secret", () => {
  const bare = { vars: {} };

  it.each([...Object.keys(ALLOWED), "GET /v1", "GET /v1/openapi.json", "GET /v1/nothing", "PUT /v1"])(
    "answers %s with not_configured",
    async (route) => {
      const { send, calls } = world({}, bare);
      const response = await send(...concrete(route), undefined, bearer(await tokenOf()));
      expect([response.status, await response.json()]).toMatchObject([503, { code: "not_configured" }]);
      expect(calls).toEqual([]);
    },
  );

  it("still says whether it is well", async () => {
    expect((await world({}, bare).send("GET", "/v1/health")).status).toBe(200);
  });

  it.each(["", "no", "OFF", "false"])("is not opened by PRINIA_AUTH=%j", async (value) => {
    const { send } = world({}, { vars: { PRINIA_AUTH: value, PRINIA_SECRET: "" } });
    expect((await send("GET", "/v1")).status).toBe(503);
  });
});

describe("a service binding", () => {
  const through = async (props: unknown, path: string, headers: Record<string, string> = {}) => {
    const { env } = world({ config: {}, purge: { purged: 0, more: false } }, { vars: {} });
    const method = path.endsWith("purge") ? "POST" : "GET";
    return createApp().fetch(requestOf(method, path, undefined, headers), trusting(env, props));
  };

  it("needs no token, no secret and no known host", async () => {
    const response = await through(undefined, "/v1/queues/q/purge", {
      host: "queues.internal",
      origin: "https://x.example",
    });
    expect(response.status).toBe(200);
  });

  it.each([
    [{}, "/v1/queues/q/purge", 200],
    [{ scope: ["read"] }, "/v1/queues/q/purge", 403],
    [{ scope: ["read"] }, "/v1/queues/q/config", 200],
    [{ queues: ["other*"] }, "/v1/queues/q/config", 403],
    [{ queues: ["q"] }, "/v1/queues/q/config", 200],
    [{ queues: "q" }, "/v1/queues/q/config", 503],
    [{ scope: ["root"] }, "/v1/queues/q/config", 503],
  ])("with the props %j gets %s answered with %i", async (props, path, status) => {
    expect((await through(props, path)).status).toBe(status);
  });

  it("is not a thing that a request can claim to be", async () => {
    const { send } = world({ config: {} }, GUARDED);
    const headers = {
      "x-prinia-caller": '{"scopes":["admin"],"queues":null,"exp":null,"internal":true}',
      "x-prinia-trusted": "1",
    };
    expect((await send("GET", "/v1/queues/q/config", undefined, headers)).status).toBe(401);
  });
});
