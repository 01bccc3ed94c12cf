/** What every route refuses: methods, types, unknown fields and parameters, broken bodies, foreign pages. */

import { request } from "node:http";
import { expect, test } from "vitest";
import { http } from "../../support/http.ts";
import { type Body, expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const JSON_TYPE = { "content-type": "application/json" };

/** Every route below a queue: its methods, and a body that it takes. */
const ROUTES: [path: string, methods: Record<string, object | null>][] = [
  ["", { GET: null, DELETE: null }],
  ["/tasks", { GET: null, POST: { args: 1 } }],
  ["/tasks/resume", { POST: { filter: {} } }],
  ["/tasks/cancel", { POST: { filter: {} } }],
  ["/tasks/reschedule", { POST: { filter: {}, delayMs: 1 } }],
  ["/tasks/delete", { POST: { filter: {} } }],
  [`/tasks/${ID}`, { GET: null, PATCH: { priority: 1 }, DELETE: null }],
  [`/tasks/${ID}/reschedule`, { POST: { delayMs: 1 } }],
  [`/tasks/${ID}/resume`, { POST: {} }],
  [`/tasks/${ID}/cancel`, { POST: {} }],
  ["/poll", { POST: { worker: "w" } }],
  ["/events", { POST: { events: [{ type: "start", id: ID, lease: "l" }] } }],
  ["/workers", { GET: null, POST: { worker: "w" } }],
  ["/workers/w", { DELETE: { session: "s" } }],
  ["/workers/w/heartbeat", { POST: { session: "s" } }],
  ["/wait", { GET: null, POST: { ids: [ID] } }],
  ["/status", { POST: { ids: [ID] } }],
  ["/purge", { POST: {} }],
  ["/resume-abandoned", { POST: {} }],
  ["/vacuum", { POST: {} }],
  ["/stats", { GET: null }],
  ["/config", { GET: null, PATCH: { paused: false } }],
];
const CASES = ROUTES.flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, body]) => [method, path, body] as const),
);
const OVERALL = [
  "/v1",
  "/v1/health",
  "/v1/openapi.json",
  "/v1/queues",
  "/v1/tasks",
  "/v1/workers",
  "/v1/stats",
  "/v1/metrics",
];

/** A query that a GET needs. */
const needed = (method: string, path: string) => (method === "GET" && path === "/wait" ? `?id=${ID}&waitMs=0` : "");

test.each(ROUTES)("other methods on %j are not allowed, and those that are are named", async (path, methods) => {
  const queue = new Queue(server());
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    if (method in methods) continue;
    // What looks like a task's id has the methods of one.
    if (/^\/tasks\/[a-z]+$/.test(path) && ["GET", "PATCH", "DELETE"].includes(method)) continue;
    const answer = await queue.call(method, path);
    expectProblem(answer, 405, "method_not_allowed");
    const allowed = (answer.headers.get("allow") ?? "").split(", ");
    for (const known of Object.keys(methods)) expect(allowed).toContain(known);
    expect(allowed).not.toContain(method);
  }
});

test.each(OVERALL)("%s is for GET alone", async (path) => {
  const api = http(server().url);
  expect((await api.get(path)).status).toBe(200);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await api.call(method, path);
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.get("allow")).toMatch(/\bGET\b/);
  }
  expectProblem(await api.get(`${path}?x=1`), 400, "bad_request", { path: "x" });
});

test.each([
  "/v1/nothing",
  "/v2",
  "/v1/queues/q/nothing",
  "/v1/queues/q/tasks/x/nothing",
  "/v1/queues/q/workers/w/x/y",
  "/v1/queues/a/b/tasks/x/y",
])("there is no route %s", async (path) => {
  for (const method of ["GET", "POST"]) expectProblem(await http(server().url).call(method, path), 404, "not_found");
});

test.each(CASES)("%s %j refuses an unknown query parameter", async (method, path, body) => {
  const queue = new Queue(server());
  const query = needed(method, path);
  const more = query === "" ? "?verbose=1" : `${query}&verbose=1`;
  expectProblem(await queue.call(method, path + more, body ?? undefined), 400, "bad_request", { path: "verbose" });
});

test.each(CASES)("%s %j refuses malformed percent-encoding", async (method, path, body) => {
  const queue = new Queue(server());
  const answer = await queue.call(method, `${path}?a=%zz`, body ?? undefined);
  expectProblem(answer, 400, "bad_request", { path: "a" });
});

test.each(CASES.filter(([method]) => method !== "GET"))(
  "%s %j refuses an unknown field",
  async (method, path, body) => {
    const answer = await new Queue(server()).call(method, path, { ...body, surprise: 1 });
    expectProblem(answer, 400, "bad_request", { path: "surprise" });
  },
);

test.each(CASES.filter(([method]) => method !== "GET"))(
  "%s %j reads JSON, and nothing else",
  async (method, path, body) => {
    const queue = new Queue(server());
    const text = JSON.stringify(body ?? {});
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "application/json; charset=latin1",
    ]) {
      expectProblem(await queue.call(method, path, text, { "content-type": type }), 415, "unsupported_media_type");
    }
    if (path !== "/tasks") {
      expectProblem(
        await queue.call(method, path, text, { "content-type": "application/x-ndjson" }),
        415,
        "unsupported_media_type",
      );
    }
    for (const broken of ["{", "{}{}", '{"a":1,}', "[]", "7", "null", '"x"']) {
      const answer = await queue.call(method, path, broken, JSON_TYPE);
      expect(answer.body).toMatchObject({ code: "bad_request", path: "body" });
      expect(answer.status).toBe(400);
    }
  },
);

test.each(["application/json; charset=utf-8", "Application/JSON", 'application/json; charset="UTF-8"'])(
  "%s is JSON",
  async (type) => {
    const answer = await new Queue(server()).call("POST", "/tasks", '{"args":1}', { "content-type": type });
    expect(answer.status).toBe(201);
  },
);

test.each(CASES.filter(([method]) => method !== "GET"))("%s %j without a body means {}", async (method, path) => {
  const send = (body?: string) => new Queue(server()).call(method, path, body);
  const [none, empty, braces] = [await send(), await send(""), await send("{}")];
  expect(none).toMatchObject({ status: braces.status });
  expect(strip(none.body)).toEqual(strip(braces.body));
  expect(strip(empty.body)).toEqual(strip(braces.body));
});

const strip = (body: Body | undefined) => body && { ...body, detail: undefined, session: undefined };

test("a body that is no UTF-8 is refused", async () => {
  const queue = new Queue(server());
  const bytes = new Uint8Array([
    ...new TextEncoder().encode('{"args":"'),
    0xc3,
    0x28,
    ...new TextEncoder().encode('"}'),
  ]);
  const answer = await fetch(`${queue.url}/tasks`, { method: "POST", body: bytes, headers: JSON_TYPE });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "bad_request", path: "body" });
});

test("half a surrogate pair is refused in names and keys, and mended in errors", async () => {
  const queue = new Queue(server());
  for (const field of ["idempotencyKey", "groupKey", "codec"]) {
    const answer = await queue.post("/tasks", `{"args":"QUJD","${field}":"a\\ud800"}`);
    expectProblem(answer, 400, "bad_request", { path: field });
  }
  expectProblem(await queue.post("/poll", '{"worker":"a\\udc00"}'), 400, "bad_request", { path: "worker" });
  const task = await queue.leased();
  const events = `[{"type":"ack","id":"${task.id}","lease":"${task.lease}","result":{"err":"a\\ud800"}}]`;
  expect((await queue.post("/events", `{"events":${events}}`)).body).toEqual({
    events: [{ id: task.id, status: "Failed" }],
  });
  expect((await queue.task(task.id)).lastResult).toEqual({ err: "a\ufffd" });
});

test("__proto__ and the like are fields as any other", async () => {
  const queue = new Queue(server());
  for (const name of ["__proto__", "constructor", "toString"]) {
    expectProblem(await queue.post("/tasks", `{"args":1,"${name}":{}}`), 400, "bad_request", { path: name });
    expectProblem(await queue.get(`/tasks?${name}=1`), 400, "bad_request", { path: name });
  }
  const args = '{"__proto__":{"a":1},"constructor":2}';
  const { body } = await queue.post<{ id: string }>("/tasks", `{"args":${args}}`);
  expect(await (await fetch(`${queue.url}/tasks/${body.id}`)).text()).toContain(`"args":${args}`);
});

test("of a field that is given twice the last counts", async () => {
  const queue = new Queue(server());
  const { body } = await queue.post<{ id: string }>("/tasks", '{"args":1,"priority":1,"args":2,"priority":3}');
  expect(await queue.task(body.id)).toMatchObject({ args: 2, priority: 3 });
});

test("a large body is answered, whatever is wrong with it", async () => {
  const queue = new Queue(server());
  const large = `{"args":"${"a".repeat(9 * 1024 * 1024)}"}`;
  for (const path of ["/tasks", "/events", "/poll"]) {
    expectProblem(await queue.post(path, large), 413, "payload_too_large", { path: "body" });
  }
  expectProblem(
    await queue.call("POST", "/tasks", large, { "content-type": "text/plain" }),
    415,
    "unsupported_media_type",
  );
  expectProblem(await queue.call("PUT", "/tasks", large), 405, "method_not_allowed");
  expectProblem(await queue.call("POST", "/nothing", large), 404, "not_found");
  expectProblem(await queue.call("POST", "/tasks?x=1", large), 400, "bad_request", { path: "x" });
});

test("a large body without a length is answered", async () => {
  const queue = new Queue(server());
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let left = 9;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
  });
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, headers: JSON_TYPE, duplex: "half" };
  const answer = await fetch(`${queue.url}/tasks`, init);
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: "payload_too_large" });
});

test("HEAD answers as GET does, without a body", async () => {
  const queue = new Queue(server());
  const id = await queue.push();
  for (const path of ["", "/tasks", `/tasks/${id}`, "/config", `/wait?id=${id}`]) {
    const answer = await fetch(queue.url + path, { method: "HEAD" });
    expect(answer.status, path).toBe(200);
    expect(await answer.text()).toBe("");
  }
  expect((await fetch(new Queue(server()).url, { method: "HEAD" })).status).toBe(404);
});

test("capabilities name what is offered", async () => {
  const { body } = await http(server().url).get<Body>("/v1");
  expect(body).toEqual({
    name: "prinia",
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    protocol: 1,
    traits: expect.arrayContaining(["TaskSink", "Backend", "WaitForCompletion", "Vacuum"]),
    limits: expect.any(Object),
  });
});

test("the document describes every route", async () => {
  const { body, headers } = await http(server().url).get<{ openapi: string; paths: Record<string, Body> }>(
    "/v1/openapi.json",
  );
  expect(headers.get("content-type")).toMatch(/^application\/json/);
  expect(body.openapi).toMatch(/^3\./);
  for (const [path, methods] of ROUTES) {
    const named = `/v1/queues/{queue}${path.replace(ID, "{id}").replace("/workers/w", "/workers/{worker}")}`;
    expect(Object.keys(body.paths)).toContain(named);
    for (const method of Object.keys(methods)) expect(body.paths[named]).toHaveProperty(method.toLowerCase());
  }
  for (const path of OVERALL) expect(body.paths[path]).toHaveProperty("get");
});

test("the server is well", async () => {
  expect((await http(server().url).get("/v1/health")).status).toBe(200);
});

/** A request with headers that fetch would not send. */
function raw(
  path: string,
  headers: Record<string, string>,
  method = "GET",
): Promise<{ status: number; headers: Record<string, unknown>; body: Body }> {
  return new Promise((resolve, reject) => {
    const sent = request(server().url + path, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === "" ? {} : JSON.parse(text),
        }),
      );
    });
    sent.on("error", reject).end();
  });
}

test("an open server answers to localhost and its own port alone", async () => {
  const { port } = server();
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
    expect((await raw("/v1", { host })).status, host).toBe(200);
  }
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    `localhost.evil.example:${port}`,
    `127.0.0.1.evil.example`,
  ]) {
    expect(await raw("/v1", { host })).toMatchObject({ status: 403, body: { code: "forbidden" } });
  }
});

test("a page of a foreign origin drives nothing", async () => {
  const queue = new Queue(server());
  const id = await queue.push();
  const headers = { origin: "https://evil.example", "content-type": "application/json" };
  expectProblem(await queue.call("POST", "/tasks", { args: 1 }, headers), 403, "forbidden");
  expectProblem(await queue.call("GET", "/tasks", undefined, headers), 403, "forbidden");
  expectProblem(await queue.call("DELETE", `/tasks/${id}`, undefined, headers), 403, "forbidden");
  expectProblem(
    await queue.call("OPTIONS", "/tasks", undefined, { ...headers, "access-control-request-method": "POST" }),
    403,
    "forbidden",
  );
  expectProblem(await queue.call("GET", "/tasks", undefined, { origin: "null" }), 403, "forbidden");
  for (const origin of [server().url, "http://localhost:5173", "http://127.0.0.1:1"]) {
    expect((await queue.call("GET", "/tasks", undefined, { origin })).status, origin).toBe(200);
  }
  expect(await queue.counts()).toMatchObject({ Pending: 1 });
});
