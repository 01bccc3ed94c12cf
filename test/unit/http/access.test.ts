/** Who may do what: every route with every scope, tokens good and bad, and servers without a secret. */

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createApp, trusting } from "../../../src/http/app.ts";
import { allRoutes } from "../../../src/http/table.ts";
import { SCOPES, type Scope } from "../../../src/protocol/caller.ts";
import { FakeSocket, requestOf, SECRET, tokenOf, world } from "./fakes.ts";

// The verbs that manage are written to the log: see audit.test.ts.
beforeAll(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));
afterAll(() => void vi.restoreAllMocks());

const GUARDED = { vars: { PRINIA_SECRET: SECRET } };

type Row = readonly [scopes: readonly Scope[], body?: object];

const ID = "01JY0000000000000000000000";
const IDS = { ids: [ID] };
const SESSION = { session: "s" };

/**
 * What the protocol says under "Access", route by route, written out by hand; `admin` may do all of it. The bodies are
 * good ones: whoever is let in gets as far as the object.
 */
const ALLOWED: Record<string, Row> = {
  "POST /v1/queues/:queue/tasks": [["push"], { args: 1 }],
  "GET /v1/queues/:queue/tasks": [["read"]],
  "GET /v1/queues/:queue/tasks/:id": [["push", "read"]],
  "PATCH /v1/queues/:queue/tasks/:id": [["manage"], { priority: 1 }],
  "DELETE /v1/queues/:queue/tasks/:id": [["manage"]],
  "POST /v1/queues/:queue/tasks/:id/reschedule": [["manage"], { delayMs: 1 }],
  "POST /v1/queues/:queue/tasks/:id/resume": [["manage"]],
  "POST /v1/queues/:queue/tasks/:id/cancel": [["push", "manage"]],
  "POST /v1/queues/:queue/tasks/resume": [["manage"], IDS],
  "POST /v1/queues/:queue/tasks/cancel": [["manage"], IDS],
  "POST /v1/queues/:queue/tasks/reschedule": [["manage"], { ...IDS, delayMs: 1 }],
  "POST /v1/queues/:queue/tasks/delete": [["manage"], IDS],
  "POST /v1/queues/:queue/poll": [["work"], { worker: "w" }],
  "POST /v1/queues/:queue/events": [["work"], { events: [{ type: "start", id: ID, lease: "l" }] }],
  "POST /v1/queues/:queue/workers": [["work"], { worker: "w" }],
  "GET /v1/queues/:queue/workers": [["read"]],
  "POST /v1/queues/:queue/workers/:worker/heartbeat": [["work"], SESSION],
  "DELETE /v1/queues/:queue/workers/:worker": [["work"], SESSION],
  "POST /v1/queues/:queue/wait": [["push"], { ...IDS, waitMs: 0 }],
  "GET /v1/queues/:queue/wait": [["push"]],
  "POST /v1/queues/:queue/wait-token": [["push"], IDS],
  "POST /v1/queues/:queue/status": [["push", "read"], IDS],
  "GET /v1/queues/:queue": [["read"]],
  "DELETE /v1/queues/:queue": [[]],
  "GET /v1/queues/:queue/stats": [["read"]],
  "GET /v1/queues/:queue/history": [["read"]],
  "GET /v1/queues/:queue/feed": [["read"]],
  "GET /v1/queues/:queue/schedules": [["read"]],
  "GET /v1/queues/:queue/schedules/:schedule": [["read"]],
  "PUT /v1/queues/:queue/schedules/:schedule": [["manage"], { everyMs: 1_000, task: { args: 1 } }],
  "PATCH /v1/queues/:queue/schedules/:schedule": [["manage"], { paused: true }],
  "DELETE /v1/queues/:queue/schedules/:schedule": [["manage"]],
  "POST /v1/queues/:queue/schedules/:schedule/run": [["manage"]],
  "GET /v1/queues/:queue/config": [["read"]],
  "PATCH /v1/queues/:queue/config": [[], { paused: true }],
  "POST /v1/queues/:queue/purge": [[]],
  "POST /v1/queues/:queue/resume-abandoned": [[]],
  "POST /v1/queues/:queue/vacuum": [[]],
  "GET /v1/queues/:queue/socket": [["push", "work", "read"]],
  "GET /v1/queues": [["read"]],
  "GET /v1/tasks": [["read"]],
  "GET /v1/workers": [["read"]],
  "GET /v1/stats": [["read"]],
  "GET /v1/metrics": [["read"]],
  "GET /v1/socket": [["read"]],
};

/** What a token for tasks opens, if those are asked for that it names. */
const FOR_TASKS = [
  "POST /v1/queues/:queue/wait",
  "GET /v1/queues/:queue/wait",
  "POST /v1/queues/:queue/status",
  "GET /v1/queues/:queue/tasks/:id",
  "GET /v1/queues/:queue/socket",
];

const OPEN = ["GET /v1", "GET /v1/health", "GET /v1/openapi.json"];

const ROUTES = Object.keys(ALLOWED);

const concrete = (route: string): [string, string] => {
  const [method = "", path = ""] = route.split(" ");
  const query = route === "GET /v1/queues/:queue/wait" ? `?id=${ID}&waitMs=0` : "";
  return [method, path.replace(":queue", "q").replace(":id", ID).replace(":worker", "w") + query];
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A guarded server whose objects answer whatever lets each route come to its end, and one call of a route on it. */
function guarded() {
  const fetch = () => new FakeSocket().response;
  const push = [{ id: ID, status: "Pending", created: true }];
  const answers = { push, task: "{}", update: "{}", reschedule: "{}", register: {}, heartbeat: {}, goodbye: {}, fetch };
  const { send, calls } = world(answers, { directory: { fetch }, ...GUARDED });
  return {
    calls,
    call: (route: string, headers: Record<string, string>) => {
      const socket = route.endsWith("/socket") ? { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" } : {};
      return send(...concrete(route), ALLOWED[route]?.[1], { ...socket, ...headers });
    },
  };
}

/** Whether it was let in; nobody else gets as far as an object. */
async function letIn(route: string, claims: object): Promise<boolean> {
  const { call, calls } = guarded();
  const response = await call(route, bearer(await tokenOf({ ...claims })));
  if (response.status < 400) {
    if (!route.endsWith("wait-token")) expect(calls, route).toHaveLength(1);
    return true;
  }
  expect([response.status, await response.json(), calls], route).toMatchObject([403, { code: "forbidden" }, []]);
  return false;
}

describe("the scope of a route", () => {
  it("is stated here for every route there is", () => {
    const routes = allRoutes().map(({ method, path }) => `${method} ${path}`);
    expect(routes.toSorted()).toEqual([...ROUTES, ...OPEN].toSorted());
  });

  it.each(ROUTES)("lets into %s those who have it, and admin, within the queues of their claim", async (route) => {
    const allowed = ALLOWED[route]?.[0] ?? [];
    for (const scope of SCOPES) {
      const may = scope === "admin" || allowed.includes(scope);
      expect(await letIn(route, { scope: [scope] }), scope).toBe(may);
      expect(await letIn(route, { scope: [scope], queues: ["other", "q"] }), scope).toBe(may);
      expect(await letIn(route, { scope: [scope], queues: ["other", "q2*", "Q"] }), scope).toBe(
        may && !route.includes(":queue"),
      );
    }
    const others = SCOPES.filter((scope) => scope !== "admin" && !allowed.includes(scope));
    expect(await letIn(route, { scope: others }), "all the others").toBe(false);
    expect(await letIn(route, { scope: [] }), "none").toBe(false);
  });

  it.each(ROUTES)("is asked for on %s: without a token it is a 401", async (route) => {
    const { call, calls } = guarded();
    const response = await call(route, {});
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await response.json()).toMatchObject({ code: "unauthorized" });
    expect(calls).toEqual([]);
  });

  it.each(OPEN)("is not asked for on %s", async (route) => {
    const response = await world({}, GUARDED).send(...concrete(route));
    expect(response.status).toBe(200);
  });
});

describe("a token for tasks", () => {
  const forTasks = { scope: undefined, queues: ["q"], tasks: ["other", ID] };

  it.each(ROUTES)("opens %s only if the protocol says so, for its tasks and on its queue", async (route) => {
    const may = FOR_TASKS.includes(route);
    expect(await letIn(route, forTasks)).toBe(may);
    expect(await letIn(route, { ...forTasks, queues: ["q2"] })).toBe(false);
    // What a frame names is for the object to check.
    expect(await letIn(route, { ...forTasks, tasks: ["other"] })).toBe(may && route.endsWith("/socket"));
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
    for (const path of ["/v1/queues", "/v1/workers", "/v1/stats", "/v1/metrics", "/v1/tasks"]) {
      await send("GET", path, undefined, bearer(token));
    }
    expect(calls.map(({ args }) => args[0])).toMatchObject(Array(5).fill({ patterns: ["a*", "b"] }));
  });
});

describe("a server without a secret", () => {
  const bare = { vars: {} };

  it.each([...ROUTES, "GET /v1", "GET /v1/openapi.json", "GET /v1/nothing", "PUT /v1"])(
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
