/** A push that waits for its task, over a socket of the Worker's own. */

import { describe, expect, it, vi } from "vitest";
import { fail, ok } from "../../../src/task/result.ts";
import { FakeSocket, platformError, SECRET, settle, tokenOf, world } from "./fakes.ts";

const ID = "01M865NYVW00000000019X76PY";
const PUSH = "/v1/queues/q/tasks";
const done = `{"id":"${ID}","status":"Done","attempt":1,"result":{"ok":12345678901234567890}}`;
const result = (text: string) => `{"type":"result","ref":"wait","results":[${text}]}`;
const pending = (created = true) => ({ id: ID, status: "Pending" as const, created });

function pushing(socket: FakeSocket | null, pushed: object = pending(), more: object = {}) {
  return world({
    push: () => ok([pushed]),
    fetch: () => (socket ? socket.response : Promise.reject(platformError({ overloaded: true }))),
    ...more,
  });
}

describe("a push with waitMs", () => {
  it("answers what the task came to, as it stands in the queue, by one push and one socket", async () => {
    const socket = new FakeSocket();
    const { send, calls, time } = pushing(socket);
    const answer = send("POST", `${PUSH}?waitMs=5000`, { args: 1 });
    await settle();
    expect(socket.sent).toEqual([{ type: "wait", ref: "wait", ids: [ID], progress: false }]);
    socket.deliver(result(done));
    const response = await answer;
    expect([response.status, await response.text()]).toEqual([201, `${done.slice(0, -1)},"created":true}`]);
    expect(calls.map(({ method }) => method)).toEqual(["push", "fetch"]);
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("answers as any push when the time is up first, after blanks", async () => {
    const socket = new FakeSocket();
    const { send, time } = pushing(socket);
    const answer = send("POST", `${PUSH}?waitMs=3000`, { args: 1 });
    await time.advance(1_000);
    const response = await answer;
    expect(response.status).toBe(201);
    const text = response.text();
    for (let second = 0; second < 3; second++) await time.advance(1_000);
    expect(await text).toMatch(/^ +\{/);
    expect(JSON.parse(await text)).toEqual(pending());
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("with the key of a task that is under way waits for that one's result", async () => {
    const socket = new FakeSocket();
    const { send } = pushing(socket, { ...pending(false), status: "Running" });
    const answer = send("POST", `${PUSH}?waitMs=5000`, { args: 1, idempotencyKey: "k" });
    await settle();
    socket.deliver(result(`{"id":"${ID}","status":"Killed","attempt":5,"result":{"err":"no"}}`));
    const response = await answer;
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: ID,
      status: "Killed",
      attempt: 5,
      result: { err: "no" },
      created: false,
    });
  });

  it("with the key of a task that has ended looks its result up, and opens no socket, even with 0", async () => {
    const { send, calls } = pushing(
      null,
      { ...pending(false), status: "Done" },
      {
        status: () => ok({ results: [done], unknown: [] }),
      },
    );
    const response = await send("POST", `${PUSH}?waitMs=0`, { args: 1, idempotencyKey: "k" });
    expect([response.status, await response.text()]).toEqual([200, `${done.slice(0, -1)},"created":false}`]);
    expect(calls.map(({ method }) => method)).toEqual(["push", "status"]);
  });

  it("of 0 does not wait", async () => {
    const { send, calls } = pushing(null);
    const response = await send("POST", `${PUSH}?waitMs=0`, { args: 1 });
    expect([response.status, await response.json()]).toEqual([201, pending()]);
    expect(calls.map(({ method }) => method)).toEqual(["push"]);
  });

  it("answers the push that stands, though the queue cannot be waited on, or the task is deleted meanwhile", async () => {
    const { send, time } = pushing(null);
    const alone = await time.run(send("POST", `${PUSH}?waitMs=1000`, { args: 1 }).then((one) => one.json()));
    expect(alone).toEqual(pending());
    const socket = new FakeSocket();
    const other = pushing(socket);
    const answer = other.send("POST", `${PUSH}?waitMs=5000`, { args: 1 });
    await settle();
    socket.deliver(result(`{"id":"${ID}","error":{"code":"task_not_found","detail":"There is none."}}`));
    expect(await (await answer).json()).toEqual(pending());
    expect([socket.closed, other.time.pending]).toEqual([true, 0]);
  });

  it("stops waiting when its client goes away", async () => {
    const socket = new FakeSocket();
    const { send, time } = pushing(socket);
    const answer = send("POST", `${PUSH}?waitMs=25000`, { args: 1 });
    await time.advance(1_000);
    const response = await answer;
    expect(socket.closed).toBe(false);
    await response.body?.cancel();
    await settle();
    expect([socket.closed, time.pending]).toEqual([true, 0]);
  });

  it("is a refusal when the push is one", async () => {
    const { send } = world({ push: () => fail("overloaded", "full") });
    const response = await send("POST", `${PUSH}?waitMs=1000`, { args: 1 });
    expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code: "overloaded" })]);
  });

  it("takes one task: a list and a stream are refused, and nothing is pushed", async () => {
    const { send, calls } = pushing(null);
    const ndjson = { "content-type": "application/x-ndjson" };
    for (const response of [
      await send("POST", `${PUSH}?waitMs=1000`, [{ args: 1 }]),
      await send("POST", `${PUSH}?waitMs=0`, [{ args: 1 }]),
      await send("POST", `${PUSH}?waitMs=1000`, '{"args":1}\n', ndjson),
    ])
      expect(await response.json()).toMatchObject({ status: 400, code: "bad_request", path: "waitMs" });
    expect(calls).toEqual([]);
  });

  it("needs no other scope than push", async () => {
    const socket = new FakeSocket();
    const { send } = world(
      { push: () => ok([pending()]), fetch: () => socket.response },
      { vars: { PRINIA_SECRET: SECRET } },
    );
    const authorization = `Bearer ${await tokenOf({ scope: ["push"] })}`;
    const answer = send("POST", `${PUSH}?waitMs=5000`, { args: 1 }, { authorization });
    await vi.waitFor(() => expect(socket.sent).toHaveLength(1));
    socket.deliver(result(done));
    expect((await answer).status).toBe(201);
  });
});
