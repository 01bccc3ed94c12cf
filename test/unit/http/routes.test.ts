/** Each route reaches its object with what was asked, and answers as the protocol says. */

import { describe, expect, it, vi } from "vitest";
import { ok } from "../../../src/task/result.ts";
import { NOW, world } from "./fakes.ts";

const ID = "01JY0000000000000000000000";
const TASK = `{"id":"${ID}","queue":"q","args":12345678901234567890}`;

interface Case {
  readonly route: string;
  readonly body?: unknown;
  /** What the object answers. */
  readonly answer?: unknown;
  /** The method that is called, and with what. */
  readonly call: string;
  readonly args: readonly unknown[];
  readonly status: number;
  /** The text of the answer. */
  readonly text: string;
}

const pushed = { id: ID, status: "Pending", created: true };

const QUEUE_CASES: readonly Case[] = [
  {
    route: "POST /v1/queues/q/tasks",
    body: '{"args": 12345678901234567890, "priority": 3}',
    answer: [pushed],
    call: "push",
    args: [[{ args: "12345678901234567890", priority: 3 }]],
    status: 201,
    text: JSON.stringify(pushed),
  },
  {
    route: "POST /v1/queues/q/tasks",
    body: [{ args: 1 }, { args: null }],
    answer: [pushed, { ...pushed, created: false }],
    call: "push",
    args: [[{ args: "1" }, { args: "null" }]],
    status: 201,
    text: JSON.stringify({ tasks: [pushed, { ...pushed, created: false }] }),
  },
  {
    route: "POST /v1/queues/q/poll",
    body: { worker: "w" },
    answer: { session: "s", tasks: [TASK], events: [] },
    call: "poll",
    args: [{ worker: "w", max: 1, waitMs: 0, autoStart: true, events: [] }],
    status: 200,
    text: `{"session":"s","tasks":[${TASK}],"events":[]}`,
  },
  {
    route: "POST /v1/queues/q/events",
    body: '{"events":[{"type":"ack","id":"i","lease":"l","result":{"ok":1.10}}]}',
    answer: { events: [{ id: "i", status: "Done" }] },
    call: "events",
    args: [{ events: [{ type: "ack", id: "i", lease: "l", result: { ok: "1.10" } }] }],
    status: 200,
    text: '{"events":[{"id":"i","status":"Done"}]}',
  },
  {
    route: "POST /v1/queues/q/workers",
    body: { worker: "w", layers: ["log"] },
    answer: { worker: "w", session: "s", orphanAfterMs: 60_000, partitions: 1, protocol: 1 },
    call: "register",
    args: [{ worker: "w", layers: ["log"] }],
    status: 201,
    text: '{"worker":"w","session":"s","orphanAfterMs":60000,"partitions":1,"protocol":1}',
  },
  {
    route: "POST /v1/queues/q/workers/w%2F1/heartbeat",
    body: { session: "s" },
    answer: { orphanAfterMs: 60_000 },
    call: "heartbeat",
    args: [{ worker: "w/1", session: "s" }],
    status: 200,
    text: '{"orphanAfterMs":60000}',
  },
  {
    route: "DELETE /v1/queues/q/workers/w",
    body: { session: "s" },
    answer: { released: 2 },
    call: "goodbye",
    args: [{ worker: "w", session: "s" }],
    status: 200,
    text: '{"released":2}',
  },
  {
    route: "GET /v1/queues/q/workers",
    answer: { workers: [] },
    call: "workers",
    args: [],
    status: 200,
    text: '{"workers":[]}',
  },
  { route: `GET /v1/queues/q/tasks/${ID}`, answer: TASK, call: "task", args: [ID], status: 200, text: TASK },
  {
    route:
      "GET /v1/queues/q/tasks?status=Done&groupKey=a+b&idempotencyKey=&after=1&before=2&order=oldest&limit=7&cursor=c",
    answer: { tasks: [TASK], nextCursor: "n" },
    call: "list",
    args: [
      {
        status: "Done",
        groupKey: "a b",
        idempotencyKey: "",
        after: 1,
        before: 2,
        order: "oldest",
        limit: 7,
        cursor: "c",
      },
    ],
    status: 200,
    text: `{"tasks":[${TASK}],"nextCursor":"n"}`,
  },
  {
    route: "GET /v1/queues/q/tasks",
    answer: { tasks: [] },
    call: "list",
    args: [{ order: "newest", limit: 50 }],
    status: 200,
    text: '{"tasks":[]}',
  },
  {
    route: `PATCH /v1/queues/q/tasks/${ID}`,
    body: '{"args": [1.0], "timeoutMs": null, "revision": 2}',
    answer: TASK,
    call: "update",
    args: [{ id: ID, patch: { args: "[1.0]", timeoutMs: null, revision: 2 } }],
    status: 200,
    text: TASK,
  },
  {
    route: `POST /v1/queues/q/tasks/${ID}/reschedule`,
    body: { delayMs: 5 },
    answer: TASK,
    call: "reschedule",
    args: [{ id: ID, delayMs: 5 }],
    status: 200,
    text: TASK,
  },
  {
    route: `POST /v1/queues/q/tasks/${ID}/resume`,
    answer: { resumed: true },
    call: "resume",
    args: [ID],
    status: 200,
    text: '{"resumed":true}',
  },
  {
    route: `POST /v1/queues/q/tasks/${ID}/cancel`,
    body: {},
    answer: { cancelled: false },
    call: "cancel",
    args: [ID],
    status: 200,
    text: '{"cancelled":false}',
  },
  { route: `DELETE /v1/queues/q/tasks/${ID}`, answer: null, call: "remove", args: [ID], status: 204, text: "" },
  ...["resume", "cancel", "delete"].map((verb) => ({
    route: `POST /v1/queues/q/tasks/${verb}`,
    body: { filter: { status: "Failed" }, limit: 10 },
    answer: { matched: 3, changed: 2, more: false },
    call: "bulk",
    args: [{ verb, filter: { status: "Failed" }, limit: 10, dryRun: false }],
    status: 200,
    text: '{"matched":3,"changed":2,"more":false}',
  })),
  {
    route: "POST /v1/queues/q/tasks/reschedule",
    body: { ids: [ID], runAt: 9, dryRun: true },
    answer: { matched: 1, changed: 1, more: false },
    call: "bulk",
    args: [{ verb: "reschedule", ids: [ID], runAt: 9, dryRun: true }],
    status: 200,
    text: '{"matched":1,"changed":1,"more":false}',
  },
  {
    route: "POST /v1/queues/q/purge",
    answer: { purged: 4, more: true },
    call: "purge",
    args: [],
    status: 200,
    text: '{"purged":4,"more":true}',
  },
  { route: "DELETE /v1/queues/q?force", answer: null, call: "drop", args: [{ force: true }], status: 204, text: "" },
  { route: "DELETE /v1/queues/q", answer: null, call: "drop", args: [{ force: false }], status: 204, text: "" },
  {
    route: "POST /v1/queues/q/resume-abandoned",
    answer: { resumed: 1 },
    call: "resumeAbandoned",
    args: [],
    status: 200,
    text: '{"resumed":1}',
  },
  {
    route: "POST /v1/queues/q/vacuum",
    body: { olderThanMs: 0, status: "Killed" },
    answer: { vacuumed: 5, more: false },
    call: "vacuum",
    args: [{ olderThanMs: 0, status: "Killed" }],
    status: 200,
    text: '{"vacuumed":5,"more":false}',
  },
  {
    route: "POST /v1/queues/q/status",
    body: { ids: [ID, "x", ID] },
    answer: { results: [`{"id":"${ID}","status":"Done","attempt":1,"result":{"ok":1e400}}`], unknown: ["x"] },
    call: "status",
    args: [[ID, "x"]],
    status: 200,
    text: `{"results":[{"id":"${ID}","status":"Done","attempt":1,"result":{"ok":1e400}}],"unknown":["x"]}`,
  },
  { route: "GET /v1/queues/q", answer: { name: "q" }, call: "info", args: [], status: 200, text: '{"name":"q"}' },
  {
    route: "GET /v1/queues/q/stats",
    answer: { name: "q" },
    call: "stats",
    args: [],
    status: 200,
    text: '{"name":"q"}',
  },
  {
    route: "GET /v1/queues/q/history",
    answer: { now: NOW, minutes: [], hours: [] },
    call: "history",
    args: [],
    status: 200,
    text: '{"minutes":[],"hours":[]}',
  },
  {
    route: "GET /v1/queues/q/config",
    answer: { paused: false },
    call: "config",
    args: [],
    status: 200,
    text: '{"paused":false}',
  },
  {
    route: "GET /v1/queues/q/schedules",
    answer: ['{"name":"a"}', '{"name":"b"}'],
    call: "schedules",
    args: [],
    status: 200,
    text: '{"schedules":[{"name":"a"},{"name":"b"}]}',
  },
  {
    route: "GET /v1/queues/q/schedules/a%2Fb",
    answer: '{"name":"a/b"}',
    call: "schedule",
    args: ["a/b"],
    status: 200,
    text: '{"name":"a/b"}',
  },
  {
    route: "PUT /v1/queues/q/schedules/a",
    body: { cron: "0 9 * * *", timeZone: "Europe/Berlin", task: { args: { n: 1 }, priority: 2 } },
    answer: '{"name":"a"}',
    call: "putSchedule",
    args: [
      {
        name: "a",
        rule: { cron: "0 9 * * *", timeZone: "Europe/Berlin", missed: "one", overlap: "allow", paused: false },
        task: { args: '{"n":1}', priority: 2 },
      },
    ],
    status: 200,
    text: '{"name":"a"}',
  },
  {
    route: "PATCH /v1/queues/q/schedules/a",
    body: { paused: true },
    answer: '{"name":"a"}',
    call: "pauseSchedule",
    args: [{ name: "a", paused: true }],
    status: 200,
    text: '{"name":"a"}',
  },
  {
    route: "DELETE /v1/queues/q/schedules/a",
    answer: null,
    call: "deleteSchedule",
    args: ["a"],
    status: 204,
    text: "",
  },
  {
    route: "POST /v1/queues/q/schedules/a/run",
    answer: pushed,
    call: "runSchedule",
    args: ["a"],
    status: 201,
    text: JSON.stringify(pushed),
  },
  {
    route: "PATCH /v1/queues/q/config",
    body: { paused: true, retention: { doneMs: null } },
    answer: { paused: true },
    call: "configure",
    args: [{ paused: true, retention: { doneMs: null } }],
    status: 200,
    text: '{"paused":true}',
  },
];

describe("a route of one queue", () => {
  it.each(QUEUE_CASES)("$route", async ({ route, body, answer, call, args, status, text }) => {
    const { send, calls } = world({ [call]: answer });
    const [method = "", path = ""] = route.split(" ");
    const response = await send(method, path, body);
    expect(calls).toEqual([{ object: "q/0", method: call, args }]);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(text);
    expect(response.headers.get("content-type")).toBe(status === 204 ? null : "application/json");
  });

  it("answers 200 to a push whose idempotency key was known", async () => {
    const { send } = world({ push: [{ ...pushed, created: false }] });
    const response = await send("POST", "/v1/queues/q/tasks", { args: 1, idempotencyKey: "k" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ...pushed, created: false });
  });

  it("answers HEAD with the headers of GET and no body", async () => {
    const { send } = world({ config: { paused: false } });
    const response = await send("HEAD", "/v1/queues/q/config");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  it("takes JSON with a charset, and JSON without a type", async () => {
    const { send, fetch, calls } = world({ push: [pushed] });
    const named = await send(
      "POST",
      "/v1/queues/q/tasks",
      { args: 1 },
      { "content-type": 'Application/JSON; charset="UTF-8"' },
    );
    const bytes = new TextEncoder().encode('{"args":2}');
    const nameless = await fetch(new Request("http://localhost/v1/queues/q/tasks", { method: "POST", body: bytes }));
    expect([named.status, nameless.status]).toEqual([201, 201]);
    expect(calls.map(({ args }) => args)).toEqual([[[{ args: "1" }]], [[{ args: "2" }]]]);
  });
});

describe("the meta routes", () => {
  it("tells what the server offers", async () => {
    const response = await world().send("GET", "/v1");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      name: "prinia",
      protocol: 1,
      limits: { batch: 1000, waitMs: 25_000 },
    });
  });

  it("is well when the storage answers, and only then", async () => {
    const well = await world().send("GET", "/v1/health");
    expect([well.status, await well.json()]).toEqual([200, { status: "ok" }]);
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const ill = world({}, { directory: { health: () => Promise.reject(new Error("disk gone")) } });
    expect((await ill.send("GET", "/v1/health")).status).toBe(500);
    log.mockRestore();
  });

  it("reads the directory for the views over all queues", async () => {
    const { send, calls } = world(
      {},
      { directory: { workers: { workers: [], asOf: NOW }, stats: () => ok({ queues: 0, asOf: NOW }) } },
    );
    expect(await (await send("GET", "/v1/workers")).json()).toEqual({ workers: [], asOf: NOW });
    expect(await (await send("GET", "/v1/stats")).json()).toEqual({ queues: 0, asOf: NOW });
    expect(calls).toEqual([
      { object: "directory", method: "workers", args: [{ patterns: null }] },
      { object: "directory", method: "stats", args: [{ patterns: null }] },
    ]);
  });
});
