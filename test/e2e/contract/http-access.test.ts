/** Access over HTTP: tokens, scopes, claims, and which pages may call. */

import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { type Http, http } from "../../support/http.ts";
import { startServe } from "../../support/server.ts";
import { type Body, expectProblem, Queue, serverForFile } from "./queue.ts";

const SECRET = "a secret of some length, for tests";
const PREVIOUS = "the secret of last month";
const server = serverForFile({
  env: {
    PRINIA_SECRET: SECRET,
    PRINIA_SECRET_PREVIOUS: PREVIOUS,
    PRINIA_ORIGINS: "https://board.example, https://two.example",
  },
});
const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const SCOPES = ["push", "work", "read", "manage", "admin"] as const;
type Scope = (typeof SCOPES)[number];

const inSeconds = (s: number) => Math.floor(Date.now() / 1_000) + s;
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function sign(claims: object, { secret = SECRET, header = { alg: "HS256", typ: "JWT" } as object } = {}): string {
  const text = `${base64(header)}.${base64(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

const token = (scope: readonly string[], queues: readonly string[] = ["*"], more: object = {}) =>
  sign({ queues, scope, exp: inSeconds(600), ...more });

const api = (bearer?: string): Http => http(server().url, bearer);
const path = (name: string) => `/v1/queues/${encodeURIComponent(name)}`;

/** Each call, and the scopes of which one is enough; admin always is. */
const MATRIX: [method: string, below: string, body: object | undefined, scopes: readonly Scope[]][] = [
  ["POST", "/tasks", { args: 1 }, ["push"]],
  ["GET", "/tasks", undefined, ["read"]],
  ["GET", `/tasks/${ID}`, undefined, ["push", "read"]],
  ["PATCH", `/tasks/${ID}`, { priority: 1 }, ["manage"]],
  ["DELETE", `/tasks/${ID}`, undefined, ["manage"]],
  ["POST", `/tasks/${ID}/reschedule`, { delayMs: 1 }, ["manage"]],
  ["POST", `/tasks/${ID}/resume`, undefined, ["manage"]],
  ["POST", `/tasks/${ID}/cancel`, undefined, ["push", "manage"]],
  ["POST", "/tasks/resume", { filter: {} }, ["manage"]],
  ["POST", "/tasks/cancel", { ids: [ID] }, ["manage"]],
  ["POST", "/tasks/reschedule", { filter: {}, delayMs: 1 }, ["manage"]],
  ["POST", "/tasks/delete", { ids: [ID] }, ["manage"]],
  ["POST", "/poll", { worker: "w" }, ["work"]],
  ["POST", "/events", { events: [{ type: "start", id: ID, lease: "l" }] }, ["work"]],
  ["POST", "/workers", { worker: "w" }, ["work"]],
  ["POST", "/workers/w/heartbeat", { session: "s" }, ["work"]],
  ["DELETE", "/workers/w", { session: "s" }, ["work"]],
  ["GET", "/workers", undefined, ["read"]],
  ["POST", "/wait", { ids: [ID], waitMs: 0 }, ["push"]],
  ["GET", `/wait?id=${ID}&waitMs=0`, undefined, ["push"]],
  ["POST", "/wait-token", { ids: [ID] }, ["push"]],
  ["POST", "/status", { ids: [ID] }, ["push", "read"]],
  ["GET", "", undefined, ["read"]],
  ["GET", "/stats", undefined, ["read"]],
  ["GET", "/history", undefined, ["read"]],
  ["GET", "/feed", undefined, ["read"]],
  ["GET", "/schedules", undefined, ["read"]],
  ["GET", "/schedules/s", undefined, ["read"]],
  ["PUT", "/schedules/s", { cron: "0 0 1 1 *", task: { args: 1 } }, ["manage"]],
  ["PATCH", "/schedules/s", { paused: true }, ["manage"]],
  ["POST", "/schedules/s/run", undefined, ["manage"]],
  ["DELETE", "/schedules/s", undefined, ["manage"]],
  ["GET", "/config", undefined, ["read"]],
  ["PATCH", "/config", {}, ["admin"]],
  ["POST", "/purge", undefined, ["admin"]],
  ["POST", "/vacuum", undefined, ["admin"]],
  ["POST", "/resume-abandoned", undefined, ["admin"]],
  ["DELETE", "", undefined, ["admin"]],
];

async function call(bearer: string | undefined, method: string, url: string, body?: object) {
  const response = await fetch(server().url + url, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  // A feed has no end.
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return { status: response.status, text: "" };
  }
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

test.each(MATRIX)("%s %j needs its scope", async (method, below, body, scopes) => {
  const url = path(`matrix ${method} ${below}`) + below;
  for (const scope of SCOPES) {
    const { status, text } = await call(token([scope]), method, url, body);
    const allowed = scope === "admin" || scopes.includes(scope);
    if (allowed) expect([401, 403], `${scope}: ${text}`).not.toContain(status);
    else expect([status, JSON.parse(text).code], scope).toEqual([403, "forbidden"]);
  }
  const none = await call(token([]), method, url, body);
  expect(none.status).toBe(403);
  const anonymous = await call(undefined, method, url, body);
  expect(anonymous.status).toBe(401);
  expect(JSON.parse(anonymous.text).code).toBe("unauthorized");
  const elsewhere = await call(token(["admin"], ["other"]), method, url, body);
  expect([elsewhere.status, JSON.parse(elsewhere.text).code]).toEqual([403, "forbidden"]);
});

test("lists over all queues need read", async () => {
  for (const url of ["/v1/queues", "/v1/tasks", "/v1/workers", "/v1/stats", "/v1/metrics"]) {
    expectProblem(await api().get(url), 401, "unauthorized");
    for (const scope of ["push", "work", "manage"]) expectProblem(await api(token([scope])).get(url), 403, "forbidden");
    for (const scope of ["read", "admin"]) expect((await api(token([scope])).get(url)).status).toBe(200);
  }
});

test("health is always open, capabilities and the document once there is a secret", async () => {
  for (const url of ["/v1/health", "/v1", "/v1/openapi.json"]) {
    expect((await api().get(url)).status).toBe(200);
    expect((await api("nonsense").get(url)).status).toBe(200);
  }
});

test("a claim covers a name or a prefix", async () => {
  const emails = token(["push"], ["emails*", "exact", "a/b"]);
  for (const name of ["emails", "emails/eu", "emails*", "exact", "a/b"]) {
    expect((await api(emails).post(`${path(name)}/tasks`, { args: 1 })).status, name).toBe(201);
  }
  for (const name of ["email", "Emails", "exact2", "exac", "a", "b"]) {
    expectProblem(await api(emails).post(`${path(name)}/tasks`, { args: 1 }), 403, "forbidden");
  }
  expectProblem(await api(token(["push"], [])).post(`${path("exact")}/tasks`, { args: 1 }), 403, "forbidden");
});

test("lists over all queues show those in the claim", async () => {
  const all = token(["admin"]);
  for (const name of ["mine/a", "mine/b", "theirs"]) {
    await new Queue(server(), name, all).leased();
  }
  const names = async (bearer: string) => {
    const { body } = await api(bearer).get<{ queues: { name: string }[] }>("/v1/queues?limit=1000");
    return body.queues.map(({ name }) => name);
  };
  await expect
    .poll(() => names(all), { timeout: 5_000 })
    .toEqual(expect.arrayContaining(["mine/a", "mine/b", "theirs"]));
  const mine = token(["read"], ["mine/*"]);
  expect(await names(mine)).toEqual(["mine/a", "mine/b"]);
  const tasks = await api(mine).get<{ tasks: { queue: string }[] }>("/v1/tasks?limit=1000");
  expect(tasks.body.tasks.map(({ queue }) => queue)).toEqual(["mine/a", "mine/b"]);
  const workers = await api(mine).get<{ workers: { queue: string }[] }>("/v1/workers");
  expect(workers.body.workers.every(({ queue }) => queue.startsWith("mine/"))).toBe(true);
  expect((await api(mine).get<Body>("/v1/stats")).body).toMatchObject({ queues: 2 });
  const page = await api(all).get<{ nextCursor: string }>("/v1/tasks?limit=1");
  const foreign = await api(token(["read"], ["nothing"])).get(
    `/v1/tasks?cursor=${encodeURIComponent(page.body.nextCursor)}`,
  );
  expect(foreign.body).not.toMatchObject({ tasks: [expect.anything()] });
});

const header = { alg: "HS256", typ: "JWT" };
const BAD: [what: string, token: () => string][] = [
  ["nonsense", () => "nonsense"],
  ["of another secret", () => sign({ queues: ["*"], scope: ["admin"], exp: inSeconds(60) }, { secret: "another" })],
  ["expired", () => token(["admin"], ["*"], { exp: inSeconds(-1) })],
  ["without exp", () => sign({ queues: ["*"], scope: ["admin"] })],
  ["with exp as text", () => token(["admin"], ["*"], { exp: String(inSeconds(60)) })],
  ["without scope", () => sign({ queues: ["*"], exp: inSeconds(60) })],
  ["without queues", () => sign({ scope: ["admin"], exp: inSeconds(60) })],
  ["with an unknown scope", () => token(["root"])],
  ["with scope as text", () => sign({ queues: ["*"], scope: "admin", exp: inSeconds(60) })],
  ["with queues as text", () => sign({ queues: "*", scope: ["admin"], exp: inSeconds(60) })],
  ["not valid yet", () => token(["admin"], ["*"], { nbf: inSeconds(60) })],
  [
    "unsigned",
    () => `${base64({ alg: "none", typ: "JWT" })}.${base64({ queues: ["*"], scope: ["admin"], exp: inSeconds(60) })}.`,
  ],
  [
    "said to be signed otherwise",
    () => sign({ queues: ["*"], scope: ["admin"], exp: inSeconds(60) }, { header: { ...header, alg: "HS512" } }),
  ],
  [
    "changed",
    () => token(["read"]).replace(/\.[^.]*\./, `.${base64({ queues: ["*"], scope: ["admin"], exp: inSeconds(60) })}.`),
  ],
];

test.each(BAD)("a token that is %s is refused, and never repeated", async (_what, make) => {
  const bearer = make();
  const answer = await api(bearer).post(`${path("q")}/tasks`, { args: 1 });
  expectProblem(answer, 401, "unauthorized");
  expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  if (bearer.length > 20) expect(JSON.stringify(answer.body)).not.toContain(bearer.slice(0, 20));
});

test("other schemes, and a token in the query, are none", async () => {
  const good = token(["admin"]);
  expectProblem(
    await api().call("GET", `${path("q")}/tasks`, undefined, { authorization: `Basic ${good}` }),
    401,
    "unauthorized",
  );
  expectProblem(await api().call("GET", `${path("q")}/tasks`, undefined, { authorization: good }), 401, "unauthorized");
  expectProblem(await api().get(`${path("q")}/tasks?token=${good}`), 401, "unauthorized");
  expect((await api().call("GET", `${path("q")}/tasks`, undefined, { authorization: `bearer ${good}` })).status).toBe(
    200,
  );
});

test("a token for HTTP may last longer than a day", async () => {
  expect((await api(token(["read"], ["*"], { exp: inSeconds(40 * 86_400) })).get(`${path("q")}/tasks`)).status).toBe(
    200,
  );
});

test("who may not, learns nothing of what is there", async () => {
  const all = token(["admin"]);
  const id = await new Queue(server(), "hidden", all).push();
  const other = api(token(["admin"], ["other"]));
  const known = await other.get(`${path("hidden")}/tasks/${id}`);
  const unknown = await other.get(`${path("hidden")}/tasks/${ID}`);
  expectProblem(known, 403, "forbidden");
  expect(known.body).toEqual(unknown.body);
});

test("headers that pass themselves off as ours change nothing", async () => {
  const caller = JSON.stringify({ scopes: ["admin"], queues: null, exp: null, internal: true });
  const answer = await api(token(["read"])).call("POST", `${path("q")}/purge`, {}, { "x-prinia-caller": caller });
  expectProblem(answer, 403, "forbidden");
  expectProblem(await api().call("POST", `${path("q")}/purge`, {}, { "x-prinia-caller": caller }), 401, "unauthorized");
});

test("pages of known origins may call, and are told so", async () => {
  const bearer = token(["read"]);
  const ask = (origin: string, method = "GET", more: Record<string, string> = {}) =>
    fetch(`${server().url}${path("q")}/tasks`, {
      method,
      headers: { origin, authorization: `Bearer ${bearer}`, ...more },
    });
  for (const origin of ["https://board.example", "https://two.example"]) {
    const answer = await ask(origin);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("vary")?.toLowerCase()).toContain("origin");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    const preflight = await fetch(`${server().url}${path("q")}/tasks`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
    expect(preflight.headers.get("access-control-allow-methods")).toMatch(/POST/);
    expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toMatch(/authorization.*content-type/);
    const refusal = await ask(origin, "GET", { authorization: "Bearer x" });
    expect(refusal.status).toBe(401);
    expect(refusal.headers.get("access-control-allow-origin")).toBe(origin);
  }
  for (const origin of [
    "https://evil.example",
    "http://board.example",
    "https://board.example.evil.example",
    "http://localhost:3000",
    "null",
  ]) {
    const answer = await ask(origin);
    expect([answer.status, ((await answer.json()) as Body).code], origin).toEqual([403, "forbidden"]);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  }
  expect((await ask(server().url)).status).toBe(200);
});

test("a server without a secret is not configured, but for its health, whatever the previous one was", async () => {
  const bare = await startServe({ env: { PRINIA_SECRET: "", PRINIA_SECRET_PREVIOUS: SECRET } });
  const open = http(bare.url);
  expect((await open.get("/v1/health")).status).toBe(200);
  for (const [method, url] of [
    ["GET", "/v1"],
    ["GET", "/v1/openapi.json"],
    ["GET", "/v1/queues"],
    ["POST", "/v1/queues/q/tasks"],
    ["GET", "/v1/queues/q/tasks"],
    ["PUT", "/v1/queues/q/tasks"],
    ["GET", "/v1/nothing"],
  ] as const) {
    expectProblem(await open.call(method, url), 503, "not_configured");
    expectProblem(await http(bare.url, token(["admin"])).call(method, url), 503, "not_configured");
  }
});

test("a secret is changed while the tokens of the previous one are still good", async () => {
  const claims = { queues: ["*"], scope: ["admin"], exp: inSeconds(600) };
  const status = async (secret: string) => (await api(sign(claims, { secret })).get("/v1/queues")).status;
  expect([await status(SECRET), await status(PREVIOUS), await status("a third")]).toEqual([200, 200, 401]);
});

test("PRINIA_AUTH opens a server with off, and with nothing else", async () => {
  const bare = await startServe({ env: { PRINIA_AUTH: "on" } });
  expectProblem(await http(bare.url).get("/v1/queues"), 503, "not_configured");
});
