/** Failures of the platform: what is tried again, what is not, and what the client is told. */

import { describe, expect, it, vi } from "vitest";
import { CALL_TRIES } from "../../../src/limits.ts";
import { ok } from "../../../src/task/result.ts";
import { platformError, world } from "./fakes.ts";

const KEYED = { args: 1, idempotencyKey: "k" };
const KEYLESS = { args: 1 };
const PUSH = "/v1/queues/q/tasks";

/** Fails as often as told, then answers. */
function failing(times: number, flags: Record<string, boolean>, answer: unknown = null) {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(platformError(flags)) : ok(answer));
}

describe("a failure that the platform calls retryable", () => {
  it("is tried again with a fresh stub until it works", async () => {
    const { send, calls, opened, time } = world({
      vacuum: failing(CALL_TRIES - 1, { retryable: true }, { vacuumed: 1 }),
    });
    const response = await time.run(send("POST", "/v1/queues/q/vacuum"));
    expect(response.status).toBe(200);
    expect(calls).toHaveLength(CALL_TRIES);
    expect(opened).toHaveLength(CALL_TRIES);
  });

  it("is given up after a few tries, as a 503 that says when to come back", async () => {
    const { send, calls, time } = world({ vacuum: failing(99, { retryable: true }) });
    const response = await time.run(send("POST", "/v1/queues/q/vacuum"));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toMatchObject({ code: "overloaded" });
    expect(calls).toHaveLength(CALL_TRIES);
  });

  it("waits longer each time, and never the whole of it", async () => {
    const { send, time } = world({ config: failing(2, { retryable: true }, {}) });
    const answer = send("GET", "/v1/queues/q/config");
    await time.advance(37);
    expect(time.pending).toBe(1);
    await time.advance(1);
    await time.advance(74);
    expect(time.pending).toBe(1);
    await time.advance(1);
    expect((await answer).status).toBe(200);
    expect(time.pending).toBe(0);
  });

  it("repeats a push when every task has a key", async () => {
    const pushed = [{ id: "i", status: "Pending", created: true }];
    const { send, calls, time } = world({ push: failing(1, { retryable: true }, pushed) });
    const response = await time.run(send("POST", PUSH, [KEYED, { ...KEYED, idempotencyKey: "" }]));
    expect(response.status).toBe(201);
    expect(calls).toHaveLength(2);
  });

  it("never repeats a push whose key may be free again by then: the task may have ended meanwhile", async () => {
    const { send, calls, time } = world({ push: failing(1, { retryable: true }) });
    const response = await time.run(send("POST", PUSH, [KEYED, { ...KEYED, idempotencyUntil: "terminal" }]));
    expect(response.status).toBe(500);
    expect(calls).toHaveLength(1);
  });

  it("never repeats a push of a task without a key, and says that the outcome is unknown", async () => {
    const { send, calls, time } = world({ push: failing(1, { retryable: true }) });
    const response = await time.run(send("POST", PUSH, [KEYED, KEYLESS]));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "internal", detail: expect.stringContaining("outcome") });
    expect(calls).toHaveLength(1);
  });
});

describe("an overloaded object", () => {
  it.each([
    ["a keyless push", KEYLESS],
    ["a keyed push", KEYED],
  ])("is not asked again by %s, but answered 503", async (_, body) => {
    const { send, calls } = world({ push: failing(9, { retryable: true, overloaded: true }) });
    const response = await send("POST", PUSH, body);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toMatchObject({ code: "overloaded" });
    expect(calls).toHaveLength(1);
  });
});

describe("any other failure", () => {
  it("is a bug, not tried again", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { send, calls } = world({ config: failing(1, { remote: true }) });
    const response = await send("GET", "/v1/queues/q/config");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("internal detail");
    expect(calls).toHaveLength(1);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});
