/** The audit log: who did what to which queue, how it ended, and never what nobody should read. */

import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { createApp, trusting } from "../../../src/http/app.ts";
import { fail } from "../../../src/task/result.ts";
import { NOW, requestOf, SECRET, tokenOf, world } from "./fakes.ts";

const GUARDED = { vars: { PRINIA_SECRET: SECRET } };
const ID = "01JY0000000000000000000000";
const IDS = { ids: [ID] };

/** Every verb that manages: its name, its answer, and what its line counts. Written out by hand, as the protocol has it. */
const VERBS: [route: string, verb: string, body: object | undefined, method: string, answer: unknown, more: object][] =
  [
    [`PATCH /tasks/${ID}`, "updateTask", { args: "hidden" }, "update", "{}", {}],
    [`DELETE /tasks/${ID}`, "deleteTask", undefined, "remove", null, {}],
    [`POST /tasks/${ID}/reschedule`, "rescheduleTask", { delayMs: 5 }, "reschedule", "{}", {}],
    [`POST /tasks/${ID}/resume`, "resumeTask", undefined, "resume", { resumed: true }, { count: 1 }],
    [`POST /tasks/${ID}/cancel`, "cancelTask", undefined, "cancel", { cancelled: false }, { count: 0 }],
    ["POST /tasks/resume", "resumeTasks", IDS, "bulk", { matched: 9, changed: 3, more: false }, { count: 3 }],
    ["POST /tasks/cancel", "cancelTasks", IDS, "bulk", { matched: 9, changed: 3, more: false }, { count: 3 }],
    [
      "POST /tasks/reschedule",
      "rescheduleTasks",
      { ...IDS, runAt: 1 },
      "bulk",
      { matched: 9, changed: 3, more: false },
      { count: 3 },
    ],
    [
      "POST /tasks/delete",
      "deleteTasks",
      { filter: { groupKey: "hidden" }, dryRun: true },
      "bulk",
      { matched: 9, changed: 3, more: false },
      { count: 3, dryRun: true },
    ],
    ["PATCH /config", "configure", { paused: true }, "configure", {}, {}],
    ["POST /purge", "purge", undefined, "purge", { purged: 7, more: false }, { count: 7 }],
    ["DELETE ?force", "dropQueue", undefined, "drop", null, {}],
    ["POST /resume-abandoned", "resumeAbandoned", undefined, "resumeAbandoned", { resumed: 2 }, { count: 2 }],
    ["POST /vacuum", "vacuum", {}, "vacuum", { vacuumed: 4, more: true }, { count: 4 }],
  ];

let log: MockInstance<typeof console.log>;
beforeEach(() => {
  log = vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => void vi.restoreAllMocks());

const lines = () => log.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const addressed = (route: string): [method: string, path: string] => {
  const [method = "", below = ""] = route.split(" ");
  return [method, `/v1/queues/q%2F1${below}`];
};

describe("a verb that manages", () => {
  it.each(VERBS)("%s writes a line", async (route, verb, body, method, answer, more) => {
    const { send } = world({ [method]: answer }, GUARDED);
    const response = await send(...addressed(route), body, bearer(await tokenOf({ sub: "ada" })));
    const task = route.includes(ID) ? { task: ID } : {};
    expect(lines()).toEqual([
      {
        type: "audit",
        at: NOW,
        who: "ada",
        via: "token",
        verb,
        queue: "q/1",
        ...task,
        status: response.status,
        ...more,
      },
    ]);
    expect(response.status).toBeLessThan(300);
  });

  it.each(VERBS)("%s writes one too when it is refused", async (route, verb, body) => {
    const { send } = world({}, GUARDED);
    await send(...addressed(route), body, bearer(await tokenOf({ sub: "eve", scope: ["read"] })));
    await send(...addressed(route), body);
    const where = { type: "audit", at: NOW, verb, queue: "q/1", ...(route.includes(ID) ? { task: ID } : {}) };
    expect(lines()).toEqual([
      { ...where, who: "eve", via: "token", status: 403, code: "forbidden" },
      { ...where, who: null, via: null, status: 401, code: "unauthorized" },
    ]);
  });

  it("says how else it ended", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const answers = {
      remove: () => fail("wrong_status", "It is leased."),
      purge: () => Promise.reject(new Error("x")),
    };
    const { send } = world(answers, GUARDED);
    const headers = bearer(await tokenOf());
    await send("DELETE", "/v1/queues/q/tasks/i", undefined, headers);
    await send("POST", "/v1/queues/q/purge", undefined, headers);
    await send("POST", "/v1/queues/q/vacuum", '{"args":"hidden"}', headers);
    await send("POST", "/v1/queues/%zz/purge", undefined, headers);
    expect(error).toHaveBeenCalledOnce();
    expect(lines()).toMatchObject([
      { verb: "deleteTask", status: 409, code: "wrong_status" },
      { verb: "purge", status: 500, code: "internal" },
      { verb: "vacuum", queue: "q", status: 400, code: "bad_request" },
      { verb: "purge", queue: null, status: 400, code: "bad_request" },
    ]);
  });

  it("is all that writes one", async () => {
    const { send } = world({ push: [{}], task: "{}", config: {} }, GUARDED);
    const headers = bearer(await tokenOf());
    for (const [method, below, body] of [
      ["POST", "/tasks", { args: 1 }],
      ["GET", "/tasks", undefined],
      ["GET", "/tasks/i", undefined],
      ["GET", "/config", undefined],
      ["POST", "/poll", { worker: "w" }],
      ["POST", "/status", IDS],
      ["POST", "/wait-token", IDS],
    ] as const) {
      expect((await send(method, `/v1/queues/q${below}`, body, headers)).status).toBeLessThan(300);
    }
    expect(lines()).toEqual([]);
  });

  it("writes neither args, nor filters, nor the token, nor the secret", async () => {
    const token = await tokenOf();
    for (const [route, , body, method, answer] of VERBS) {
      await world({ [method]: answer }, GUARDED).send(...addressed(route), body, bearer(token));
    }
    const text = log.mock.calls.flat().join("\n");
    expect(lines()).toHaveLength(VERBS.length);
    for (const hidden of ["hidden", SECRET, ...token.split(".")]) expect(text).not.toContain(hidden);
  });
});

describe("who it was", () => {
  const purge = async (token: string) => {
    const { send } = world({ purge: { purged: 0, more: false } }, GUARDED);
    await send("POST", "/v1/queues/q/purge", undefined, bearer(token));
    return lines().at(-1)?.who;
  };

  it("is the token's sub, cut, and on one line whatever is in it", async () => {
    expect(await purge(await tokenOf({ sub: "deploy\n{}" }))).toBe("deploy\n{}");
    expect(String(log.mock.calls.at(-1))).not.toContain("\n");
    expect(await purge(await tokenOf({ sub: "x".repeat(1_000) }))).toBe("x".repeat(128));
  });

  it.each([undefined, "", 7, null, ["ada"]])("is a fingerprint where the sub is %j", async (sub) => {
    const token = await tokenOf({ sub });
    const signed = token.split(".").slice(0, 2).join(".");
    const digits = createHash("sha256").update(signed).digest("hex").slice(0, 12);
    expect(await purge(token)).toBe(`token:${digits}`);
  });

  it("is one and the same however the signature is written", async () => {
    const token = await tokenOf();
    expect(await purge(`${token}=`)).toBe(await purge(token));
  });

  it("is the binding, or anybody, where there is no token, and no sub can say so", async () => {
    const { env, send } = world({ purge: { purged: 0, more: false } });
    await send("POST", "/v1/queues/q/purge");
    await createApp().fetch(requestOf("POST", "/v1/queues/q/purge"), trusting(env, undefined));
    await purge(await tokenOf({ sub: "binding" }));
    expect(lines().map(({ who, via }) => [who, via])).toEqual([
      ["anybody", "open"],
      ["binding", "binding"],
      ["binding", "token"],
    ]);
  });
});
