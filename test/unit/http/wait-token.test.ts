/** Tokens for a wait: how they are minted, how they come, and what they are good for. */

import { decode } from "hono/jwt";
import { describe, expect, it, vi } from "vitest";
import { createApp, trusting } from "../../../src/http/app.ts";
import { waitToken } from "../../../src/http/wait-token.ts";
import { decodeCaller } from "../../../src/protocol/caller.ts";
import { FakeSocket, NOW, requestOf, SECRET, settle, tokenOf, world } from "./fakes.ts";

const MINT = "/v1/queues/emails/wait-token";
const GUARDED = { vars: { PRINIA_SECRET: SECRET } };
const MINUTE = 60_000;

const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `task ${n}`);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Minted {
  readonly token: string;
  readonly expiresAt: number;
}

async function mint(body: object, claims: object = {}, path = MINT): Promise<{ status: number; body: Minted }> {
  const headers = bearer(await tokenOf({ scope: ["push"], ...claims }));
  const response = await world({}, GUARDED).send("POST", path, body, headers);
  return { status: response.status, body: (await response.json()) as Minted };
}

/** How a request with such a token ends. */
async function ask(token: string, method: string, path: string, body?: object, inHeader = true): Promise<number> {
  const { send } = world({ task: "{}" }, GUARDED);
  return (await send(method, path, body, inHeader ? bearer(token) : {})).status;
}

describe("a token for a wait", () => {
  it("names the tasks and their queue, has no scope, and lasts ten minutes", async () => {
    const { status, body } = await mint({ ids: ["a", "b", "a"] });
    expect(status).toBe(201);
    expect(body.expiresAt).toBe(NOW + 10 * MINUTE);
    expect(decode(body.token).payload).toEqual({
      queues: ["emails"],
      tasks: ["a", "b"],
      exp: (NOW + 10 * MINUTE) / 1000,
    });
  });

  it("waits for these tasks, looks at their status, and fetches them", async () => {
    const { token } = (await mint({ ids: ["a", "b"] })).body;
    const q = "/v1/queues/emails";
    for (const ids of [["a"], ["b", "a", "b"]]) {
      expect(await ask(token, "POST", `${q}/wait`, { ids, waitMs: 0 })).toBe(200);
      expect(await ask(token, "POST", `${q}/status`, { ids })).toBe(200);
      expect(await ask(token, "GET", `${q}/wait?waitMs=0&${ids.map((id) => `id=${id}`).join("&")}`)).toBe(200);
    }
    expect(await ask(token, "GET", `${q}/tasks/b`)).toBe(200);
  });

  it("does not do so for any other, nor for one of them and another, nor elsewhere", async () => {
    const { token } = (await mint({ ids: ["a", "b"] })).body;
    const q = "/v1/queues/emails";
    for (const ids of [["c"], ["a", "c"], ["A"], ["a "]]) {
      expect(await ask(token, "POST", `${q}/wait`, { ids, waitMs: 0 })).toBe(403);
      expect(await ask(token, "POST", `${q}/status`, { ids })).toBe(403);
    }
    expect(await ask(token, "GET", `${q}/wait?waitMs=0&id=a&id=c`)).toBe(403);
    expect(await ask(token, "GET", `${q}/tasks/c`)).toBe(403);
    expect(await ask(token, "GET", "/v1/queues/email/tasks/a")).toBe(403);
  });

  it("of a queue whose name ends in a star is not one of all that begin so", async () => {
    const { token } = (await mint({ ids: ["a"] }, {}, "/v1/queues/e*/wait-token")).body;
    expect(await ask(token, "GET", "/v1/queues/e*/tasks/a")).toBe(200);
    expect(await ask(token, "GET", "/v1/queues/emails/tasks/a")).toBe(403);
  });

  it("ends", async () => {
    const { token } = (await mint({ ids: ["a"], ttlMs: 1_000 })).body;
    const made = world({ task: "{}" }, GUARDED);
    await made.time.advance(999);
    expect((await made.send("GET", "/v1/queues/emails/tasks/a", undefined, bearer(token))).status).toBe(200);
    await made.time.advance(1);
    expect((await made.send("GET", "/v1/queues/emails/tasks/a", undefined, bearer(token))).status).toBe(401);
  });

  it("never outlives the token of whoever minted it", async () => {
    const exp = NOW / 1000 + 30.5;
    const { body } = await mint({ ids: ["a"], ttlMs: MINUTE }, { exp });
    expect(body.expiresAt).toBe(NOW + 30_500);
    expect(decode(body.token).payload.exp).toBe(exp);
  });

  it.each([
    [{}, "ids"],
    [{ ids: [] }, "ids"],
    [{ ids: many(101) }, "ids"],
    [{ ids: [""] }, "ids.0"],
    [{ ids: ["a"], ttlMs: 999 }, "ttlMs"],
    [{ ids: ["a"], ttlMs: 3_600_001 }, "ttlMs"],
    [{ ids: ["a"], ttlMs: null }, "ttlMs"],
    [{ ids: ["a"], scope: ["admin"] }, "scope"],
  ])("is not minted for %j", async (body, path) => {
    expect(await mint(body)).toMatchObject({ status: 400, body: { code: "bad_request", path } });
  });

  it("is minted for a hundred tasks and an hour", async () => {
    const { status, body } = await mint({ ids: many(100), ttlMs: 3_600_000 });
    expect([status, body.expiresAt]).toEqual([201, NOW + 60 * MINUTE]);
    expect(decode(body.token).payload.tasks).toEqual(many(100));
    expect(await ask(body.token, "GET", "/v1/queues/emails/tasks/task%2099")).toBe(200);
  });

  it("mints no other", async () => {
    const { token } = (await mint({ ids: ["a"] })).body;
    expect(await ask(token, "POST", MINT, { ids: ["a"] })).toBe(403);
  });

  it("is told to the object of its socket with the tasks, and nothing else", async () => {
    const { token } = (await mint({ ids: ["a"] })).body;
    const seen: Request[] = [];
    const fetch = (request: Request) => {
      seen.push(request);
      return new FakeSocket().response;
    };
    const { send } = world({ fetch }, GUARDED);
    const headers = { upgrade: "websocket", "sec-websocket-protocol": `prinia.v1, bearer.${token}` };
    expect((await send("GET", "/v1/queues/emails/socket", undefined, headers)).status).toBe(101);
    expect(decodeCaller(seen[0]?.headers.get("x-prinia-caller") ?? "")).toEqual({
      ok: true,
      value: { scopes: [], queues: ["emails"], tasks: ["a"], exp: NOW + 10 * MINUTE },
    });
  });
});

describe("a token in the address", () => {
  const WAIT = "/v1/queues/emails/wait?id=a&waitMs=0";

  it("is taken by the GET of a wait, and by nothing else", async () => {
    const { token } = (await mint({ ids: ["a"] })).body;
    expect(await ask(token, "GET", `${WAIT}&token=${token}`, undefined, false)).toBe(200);
    expect(await ask(token, "HEAD", `${WAIT}&token=${token}`, undefined, false)).toBe(200);
    for (const [method, path] of [
      ["POST", "/v1/queues/emails/wait"],
      ["POST", "/v1/queues/emails/status"],
      ["GET", "/v1/queues/emails/tasks/a"],
    ] as const) {
      const body = method === "POST" ? { ids: ["a"] } : undefined;
      expect(await ask(token, method, `${path}?token=${token}`, body, false)).toBe(401);
      expect(await ask(token, method, `${path}?token=${token}`, body)).toBe(400);
    }
  });

  it("must be one for tasks: whatever is worth more does not belong there", async () => {
    const full = await tokenOf();
    const { send } = world({ status: { results: [], unknown: ["a"] } }, GUARDED);
    const response = await send("GET", `${WAIT}&token=${full}`);
    expect([response.status, await response.json()]).toMatchObject([401, { code: "unauthorized" }]);
  });

  it.each([
    ["twice", (token: string) => `&token=${token}&token=${token}`, {}],
    ["beside a header", (token: string) => `&token=${token}`, { authorization: "Bearer x" }],
  ])("is refused %s", async (_, query, headers: Record<string, string>) => {
    const { token } = (await mint({ ids: ["a"] })).body;
    const response = await world({}, GUARDED).send("GET", WAIT + query(token), undefined, headers);
    expect([response.status, await response.json()]).toMatchObject([400, { code: "bad_request", path: "token" }]);
  });

  it("is refused when it is bad, empty or too long", async () => {
    for (const token of ["", "x", "x".repeat(40_000)]) {
      expect(await ask(token, "GET", `${WAIT}&token=${token}`, undefined, false)).toBe(401);
    }
  });

  it("reaches no object and no log, also when all goes wrong", async () => {
    const spies = (["log", "error", "warn", "info", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => undefined),
    );
    const { token } = (await mint({ ids: ["a"] })).body;
    const seen: string[] = [];
    const fetch = (request: Request) => {
      seen.push(request.url, JSON.stringify([...request.headers]));
      throw new Error("no socket");
    };
    const failing = world({ fetch, status: () => Promise.reject(new Error("no status")) }, GUARDED);
    for (const waitMs of [0, 1_000]) {
      const response = await failing.send("GET", `/v1/queues/emails/wait?id=a&waitMs=${waitMs}&token=${token}`);
      expect(response.status).toBe(500);
      seen.push(await response.text(), JSON.stringify([...response.headers]));
    }
    await settle();
    seen.push(JSON.stringify(failing.calls), JSON.stringify(spies.map((spy) => spy.mock.calls)));
    for (const spy of spies) spy.mockRestore();
    expect(seen.join()).toContain("object call");
    for (const piece of token.split(".")) expect(seen.join()).not.toContain(piece);
  });
});

describe("whoever has the secret", () => {
  it("mints one without the server", async () => {
    const before = Date.now();
    const { token, expiresAt } = await waitToken({ secret: SECRET, queue: "emails", ids: ["a"], ttlMs: 5_000 });
    expect(expiresAt - before).toBeGreaterThanOrEqual(5_000);
    expect(decode(token).payload).toEqual({ queues: ["emails"], tasks: ["a"], exp: expiresAt / 1000 });
  });

  it.each([
    { ids: [] },
    { ids: many(101) },
    { queue: "" },
    { queue: ".." },
    { ttlMs: 0 },
    { ttlMs: 3_600_001 },
    { secret: "" },
  ])("is told what is wrong with %j", async (order) => {
    await expect(waitToken({ secret: SECRET, queue: "emails", ids: ["a"], ...order })).rejects.toThrow(TypeError);
  });
});

describe("without tokens", () => {
  it("an open server gives one out, and takes whatever comes", async () => {
    const { send } = world();
    const minted = await send("POST", MINT, { ids: ["a"] });
    expect(minted.status).toBe(201);
    const { token } = (await minted.json()) as Minted;
    expect((await send("GET", `/v1/queues/emails/wait?id=a&id=b&waitMs=0&token=${token}`)).status).toBe(200);
    // It is good for nothing where tokens are asked for.
    expect(await ask(token, "GET", "/v1/queues/emails/tasks/a")).toBe(401);
  });

  it("a service binding gets one, if there is something to sign with", async () => {
    const through = async (vars: Record<string, string>) => {
      const { env } = world({}, { vars });
      return createApp().fetch(requestOf("POST", MINT, { ids: ["a"] }), trusting(env, undefined));
    };
    const minted = await through({ PRINIA_SECRET: SECRET });
    expect(minted.status).toBe(201);
    expect((await through({})).status).toBe(503);
  });
});
