import { once } from "node:events";
import { request } from "node:http";
import { sign } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { Queue, serverForFile } from "./queue.ts";
import { SECRET, seconds, token } from "./tokens.ts";

const server = serverForFile({ env: { PRINIA_SECRET: SECRET } });

const WORD = expect.any(String);

const queue = async (): Promise<Queue> => new Queue(server(), `access ${crypto.randomUUID()}`, await token());

interface Upgraded {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Record<string, unknown>;
}

/** An upgrade by hand, for what a WebSocket client does not show. */
async function upgrade(url: string, headers: Record<string, string>): Promise<Upgraded> {
  const sent = request(url, {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
  });
  sent.end();
  const [answer] = await Promise.race([once(sent, "upgrade"), once(sent, "response")]);
  if (answer.statusCode === 101) {
    answer.socket.destroy();
    return { status: 101, headers: answer.headers, body: {} };
  }
  let text = "";
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) };
}

const problem = (status: number, code: string) => ({ status, body: expect.objectContaining({ status, code }) });

describe("an upgrade", () => {
  test("with Authorization is answered with the subprotocol alone", async () => {
    const { url } = await queue();
    const headers = { authorization: `Bearer ${await token()}`, "sec-websocket-protocol": "prinia.v1" };
    const answer = await upgrade(`${url}/socket`, headers);
    expect(answer.status).toBe(101);
    expect(answer.headers["sec-websocket-protocol"]).toBe("prinia.v1");
  });

  test("with the token as a subprotocol is answered without it", async () => {
    const { url } = await queue();
    const offered = `bearer.${await token()}, prinia.v1`;
    const answer = await upgrade(`${url}/socket?partition=0`, { "sec-websocket-protocol": offered });
    expect(answer.status).toBe(101);
    expect(answer.headers["sec-websocket-protocol"]).toBe("prinia.v1");
    expect(JSON.stringify(answer.headers)).not.toContain("bearer");
  });

  test.each([
    ["of a partition that is not there", "?partition=1", "prinia.v1", "partition"],
    ["of a partition that is no number", "?partition=x", "prinia.v1", "partition"],
    ["with an unknown parameter", "?credit=1", "prinia.v1", "credit"],
    ["with another subprotocol", "", "prinia.v2", WORD],
  ])("%s is refused", async (_, query, offered, path) => {
    const { url } = await queue();
    const headers = { authorization: `Bearer ${await token()}`, "sec-websocket-protocol": offered };
    const answer = await upgrade(`${url}/socket${query}`, headers);
    expect(answer).toMatchObject(problem(400, "bad_request"));
    expect(answer.body.path).toEqual(path);
  });

  test("names the number of partitions when it refuses one", async () => {
    const { url } = await queue();
    const headers = { authorization: `Bearer ${await token()}`, "sec-websocket-protocol": "prinia.v1" };
    expect((await upgrade(`${url}/socket?partition=3`, headers)).body.detail).toMatch(/\b1\b/);
  });

  test("without a subprotocol is refused, and a plain request as well", async () => {
    const used = await queue();
    const answer = await upgrade(`${used.url}/socket`, { authorization: `Bearer ${await token()}` });
    expect(answer).toMatchObject(problem(400, "bad_request"));
    expect((await used.get("/socket")).body).toMatchObject({ code: "bad_request" });
  });

  test.each([
    ["no token", undefined],
    ["a foreign token", () => sign({ queues: ["*"], scope: ["admin"], exp: seconds() + 60 }, "another", "HS256")],
    ["a token that has ended", () => token({ exp: seconds() - 1 })],
    ["a token without an end", () => token({ exp: undefined })],
    ["a token for more than a day", () => token({ exp: seconds() + 86_400 + 60 })],
  ])("with %s is refused", async (_, made) => {
    const { url } = await queue();
    const bearer = made === undefined ? "" : `, bearer.${await made()}`;
    const answer = await upgrade(`${url}/socket`, { "sec-websocket-protocol": `prinia.v1${bearer}` });
    expect(answer).toMatchObject(problem(401, "unauthorized"));
  });

  test("of a queue that the token does not cover, or without a scope of sockets, is refused", async () => {
    const { url } = await queue();
    for (const claims of [{ queues: ["other*"] }, { scope: ["manage"] }, { scope: [] }]) {
      const offered = `prinia.v1, bearer.${await token(claims)}`;
      const answer = await upgrade(`${url}/socket`, { "sec-websocket-protocol": offered });
      expect(answer).toMatchObject(problem(403, "forbidden"));
    }
  });

  test("whose token names more queues than a socket can remember is refused by name, not by failing", async () => {
    const { url, name } = await queue();
    const queues = [name, ...Array.from({ length: 400 }, (_, index) => `a queue with quite a long name, ${index}`)];
    const offered = `prinia.v1, bearer.${await token({ queues })}`;
    const answer = await upgrade(`${url}/socket`, { "sec-websocket-protocol": offered });
    expect(answer).toMatchObject(problem(400, "bad_request"));
  });

  test("over all queues needs the scope to read", async () => {
    const url = `${server().url}/v1/socket`;
    const offered = async (scope: string) => ({
      "sec-websocket-protocol": `prinia.v1, bearer.${await token({ scope: [scope] })}`,
    });
    expect(await upgrade(url, await offered("push"))).toMatchObject(problem(403, "forbidden"));
    expect((await upgrade(url, await offered("read"))).status).toBe(101);
  });

  test("from a page of a foreign origin is refused", async () => {
    const { url } = await queue();
    const headers = { "sec-websocket-protocol": `prinia.v1, bearer.${await token()}` };
    const foreign = await upgrade(`${url}/socket`, { ...headers, origin: "https://elsewhere.example" });
    expect(foreign).toMatchObject(problem(403, "forbidden"));
    expect((await upgrade(`${url}/socket`, { ...headers, origin: server().url })).status).toBe(101);
  });

  test("does not take the caller's word for who it is", async () => {
    const { url } = await queue();
    const caller = JSON.stringify({ scopes: ["admin"], queues: null, exp: null, internal: true });
    const headers = { "sec-websocket-protocol": "prinia.v1", "x-prinia-caller": caller };
    expect((await upgrade(`${url}/socket`, headers)).status).toBe(401);
  });
});
