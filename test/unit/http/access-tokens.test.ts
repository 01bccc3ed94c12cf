/** Tokens good and bad: signatures, ends, claims, sizes, places, and two secrets at once. */

import { createHmac } from "node:crypto";
import { sign } from "hono/jwt";
import { describe, expect, it } from "vitest";
import { MAX_BEARER_LENGTH } from "../../../src/limits.ts";
import { FakeSocket, NOW, SECRET, tokenOf, world } from "./fakes.ts";

const GUARDED = { vars: { PRINIA_SECRET: SECRET } };
const CONFIG = "/v1/queues/q/config";
const seconds = NOW / 1000;
const CLAIMS = { queues: ["*"], scope: ["admin"], exp: seconds + 60 };
const TASKS = { queues: ["q"], tasks: ["a"], exp: seconds + 60 };

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const part = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token of any header and payload, signed as HS256 signs. */
function signed(header: unknown, payload: unknown, secret = SECRET): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

const HS256 = { alg: "HS256", typ: "JWT" };
const good = () => signed(HS256, CLAIMS);
const [head = "", body = "", signature = ""] = good().split(".");

/** Each as a good one but for one thing. */
const BAD: readonly (readonly [what: string, token: string | Promise<string>])[] = [
  ["has another signature", tokenOf({}, "another secret")],
  ["is signed with no key", sign(CLAIMS, "\0")],
  ["has expired this very moment", tokenOf({ exp: seconds })],
  ["has an exp in milliseconds that is long past", tokenOf({ exp: -NOW })],
  ["has no exp", sign({ queues: ["*"], scope: ["admin"] }, SECRET)],
  ["has an exp that is no number", tokenOf({ exp: "tomorrow" })],
  ["has an exp that is null", tokenOf({ exp: null })],
  ["has an exp beyond all numbers", signed(HS256, '{"queues":["*"],"scope":["admin"],"exp":1e999}')],
  ["has no queues", tokenOf({ queues: undefined })],
  ["has queues that are no list", tokenOf({ queues: "*" })],
  ["has an empty name among its queues", tokenOf({ queues: [""] })],
  ["has a number among its queues", tokenOf({ queues: [1] })],
  ["has no scope", tokenOf({ scope: undefined })],
  ["has a scope that there is not", tokenOf({ scope: ["read", "root"] })],
  ["has a scope in capitals", tokenOf({ scope: ["ADMIN"] })],
  ["has a scope that is no list", tokenOf({ scope: "admin" })],
  ["has a scope that is an object", tokenOf({ scope: { 0: "admin", length: 1 } })],
  ["has its claims in a prototype", signed(HS256, `{"__proto__":${JSON.stringify(CLAIMS)}}`)],
  ["is not valid yet", tokenOf({ nbf: Date.now() / 1000 + 60 })],
  ["is signed by another algorithm", sign(CLAIMS, SECRET, "HS512")],
  ["says it is signed by another algorithm", signed({ ...HS256, alg: "HS512" }, CLAIMS)],
  ["says its algorithm in small letters", signed({ ...HS256, alg: "hs256" }, CLAIMS)],
  ["says no algorithm", signed({ typ: "JWT" }, CLAIMS)],
  ["claims to need no signature, and has one", signed({ ...HS256, alg: "none" }, CLAIMS)],
  ["claims to need no signature, and has none", `${part({ alg: "none", typ: "JWT" })}.${body}.`],
  ["needs something that we do not know", signed({ ...HS256, crit: ["b64"], b64: false }, CLAIMS)],
  ["has no signature", `${head}.${body}.`],
  ["has no signature, nor its dot", `${head}.${body}`],
  ["has four parts", `${good()}.${signature}`],
  ["is cut short", good().slice(0, -2)],
  ["was changed", `${head}.${part({ ...CLAIMS, exp: seconds + 61 })}.${signature}`],
  ["has another's signature", `${head}.${body}.${signed(HS256, TASKS).split(".")[2]}`],
  ["says nothing", signed(HS256, null)],
  ["says a list", signed(HS256, [CLAIMS])],
  ["says a text", signed(HS256, '"admin"')],
  ["is no JSON", signed(HS256, "{")],
  ["is no JWT", "secret"],
  ["is dots", ".."],
  ["is too long, though it is signed", tokenOf({ queues: ["*", "x".repeat(MAX_BEARER_LENGTH)] })],
  ["is too long, and nests deep", `${head}.${part("[".repeat(1_000_000))}.${signature}`],
  ["nests deep", `${head}.${part("[".repeat(20_000))}.${signature}`],
  ["is for tasks, and has a scope", signed(HS256, { ...TASKS, scope: ["admin"] })],
  ["is for tasks, and has no scope at all", signed(HS256, { ...TASKS, scope: [] })],
  ["is for tasks of two queues", signed(HS256, { ...TASKS, queues: ["q", "r"] })],
  ["is for tasks of no queue", signed(HS256, { ...TASKS, queues: [] })],
  ["is for no tasks", signed(HS256, { ...TASKS, tasks: [] })],
  ["is for too many tasks", signed(HS256, { ...TASKS, tasks: Array.from({ length: 101 }, (_, n) => `t${n}`) })],
  ["is for a task that is no list", signed(HS256, { ...TASKS, tasks: "a" })],
  ["is for a task that is null", signed(HS256, { ...TASKS, tasks: null, scope: ["admin"] })],
  ["is for a task without a name", signed(HS256, { ...TASKS, tasks: [""] })],
];

describe("a token", () => {
  it.each(BAD)("that %s is refused, and not repeated", async (_, made) => {
    const token = await made;
    const { send, calls } = world({}, GUARDED);
    for (const path of [CONFIG, "/v1/queues/q/wait?id=a"]) {
      const response = await send("GET", path, undefined, bearer(token));
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ code: "unauthorized" });
      if (token.length > 10) expect(text).not.toContain(token.slice(0, 20));
    }
    expect(calls).toEqual([]);
  });

  it("that differs from those in nothing is taken", async () => {
    const { send } = world({ config: {} }, GUARDED);
    const longest = await tokenOf({ queues: ["*", "x".repeat(20_000)] });
    for (const token of [good(), longest, signed({ alg: "HS256" }, CLAIMS)]) {
      expect((await send("GET", CONFIG, undefined, bearer(token))).status).toBe(200);
    }
  });

  it("may come from a machine whose clock is ahead", async () => {
    const token = await tokenOf({ iat: Date.now() / 1000 + 30 });
    const { send } = world({ config: {} }, GUARDED);
    expect((await send("GET", CONFIG, undefined, bearer(token))).status).toBe(200);
  });

  it("is not taken from the query, nor from a subprotocol where there is no upgrade", async () => {
    const token = await tokenOf();
    const { send } = world({ config: {} }, GUARDED);
    const headers = { "sec-websocket-protocol": `prinia.v1, bearer.${token}` };
    expect((await send("GET", CONFIG, undefined, headers)).status).toBe(401);
    expect((await send("GET", `${CONFIG}?token=${token}`)).status).toBe(401);
  });

  it.each(["Basic", "", "BearerX", "Bearer Bearer"])("is not taken as %j", async (scheme) => {
    const { send } = world({ config: {} }, GUARDED);
    const headers = { authorization: `${scheme} ${good()}` };
    expect((await send("GET", CONFIG, undefined, headers)).status).toBe(401);
  });
});

describe("a token on a socket", () => {
  const upgrade = { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" };
  const day = 86_400;

  it.each([
    ["a day and a second away", day + 1, 401],
    ["as good as never", 1e306, 401],
    ["a day away", day, 101],
    ["an hour away", 3_600, 101],
  ])("whose exp is %s answers %i", async (_, away, status) => {
    const { send } = world({ fetch: () => new FakeSocket().response }, GUARDED);
    const headers = { ...upgrade, ...bearer(await tokenOf({ exp: NOW / 1000 + away })) };
    const response = await send("GET", "/v1/queues/q/socket", undefined, headers);
    expect(response.status).toBe(status);
  });
});

describe("two secrets at once", () => {
  const PREVIOUS = "the secret of last month";
  const status = async (vars: Record<string, string>, secret: string) => {
    const { send } = world({ config: {} }, { vars });
    return (await send("GET", CONFIG, undefined, bearer(await tokenOf({}, secret)))).status;
  };

  it("both verify, and no third", async () => {
    const vars = { PRINIA_SECRET: SECRET, PRINIA_SECRET_PREVIOUS: PREVIOUS };
    expect(await status(vars, SECRET)).toBe(200);
    expect(await status(vars, PREVIOUS)).toBe(200);
    expect(await status(vars, "a third")).toBe(401);
  });

  it("the previous one is of no use once it is taken away, nor when it is empty", async () => {
    expect(await status({ PRINIA_SECRET: SECRET }, PREVIOUS)).toBe(401);
    expect(await status({ PRINIA_SECRET: SECRET, PRINIA_SECRET_PREVIOUS: "" }, PREVIOUS)).toBe(401);
  });

  it("the previous one by itself configures nothing", async () => {
    expect(await status({ PRINIA_SECRET_PREVIOUS: PREVIOUS }, PREVIOUS)).toBe(503);
    expect(await status({ PRINIA_SECRET: "", PRINIA_SECRET_PREVIOUS: PREVIOUS }, PREVIOUS)).toBe(503);
  });

  it("the present one signs", async () => {
    const vars = { PRINIA_SECRET: SECRET, PRINIA_SECRET_PREVIOUS: PREVIOUS };
    const minted = await world({}, { vars }).send(
      "POST",
      "/v1/queues/q/wait-token",
      { ids: ["a"] },
      bearer(await tokenOf({}, PREVIOUS)),
    );
    const { token } = (await minted.json()) as { token: string };
    const ask = async (only: string) =>
      world({}, { vars: { PRINIA_SECRET: only } }).send(
        "GET",
        "/v1/queues/q/wait?id=a&waitMs=0",
        undefined,
        bearer(token),
      );
    expect((await ask(SECRET)).status).toBe(200);
    expect((await ask(PREVIOUS)).status).toBe(401);
  });
});
