// Calls of the server: what is sent, what comes back, and what is said when it does not.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError, del, get, getText, learnWhetherOpen, post, sendText, tryToken } from "../../../src/board/api.ts";
import { farewell, isOpen, logOut, token } from "../../../src/board/token.ts";

interface Call {
  readonly path: string;
  readonly method: string | undefined;
  readonly body: unknown;
  readonly bearer: string | null;
}

let calls: Call[] = [];
let answer: () => Response | Promise<Response> = () => new Response("{}");

const problem = (status: number, code: string, detail: string, path?: string): Response =>
  new Response(JSON.stringify({ code, detail, path }), { status });
const failure = (call: Promise<unknown>): Promise<ApiError> =>
  call.then(
    () => Promise.reject(new Error("it went well")),
    (error) => error,
  );

beforeEach(() => {
  calls = [];
  token.value = "a.token.b";
  vi.stubGlobal("fetch", async (path: string, { method, body, headers }: RequestInit) => {
    calls.push({ path, method, body, bearer: new Headers(headers).get("authorization") });
    return answer();
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  logOut();
  isOpen.value = null;
});

describe("a call", () => {
  test("brings the token and JSON, and gives the answer as a value", async () => {
    answer = () => new Response('{"matched":2}');
    expect(await post("/v1/queues/a/tasks/cancel", { ids: ["1"] })).toEqual({ matched: 2 });
    expect(calls).toEqual([
      { path: "/v1/queues/a/tasks/cancel", method: "POST", body: '{"ids":["1"]}', bearer: "Bearer a.token.b" },
    ]);
  });

  test("has no value where the answer has no body", async () => {
    answer = () => new Response(null, { status: 204 });
    expect(await del("/v1/queues/a")).toBeUndefined();
    expect(calls[0]?.body).toBeUndefined();
  });

  test("keeps the spelling of numbers, both ways, where text is asked for", async () => {
    const text = '{"args":12345678901234567890.10}';
    answer = () => new Response(text);
    expect(await getText("/v1/queues/a/tasks/1")).toBe(text);
    await sendText("PATCH", "/v1/queues/a/tasks/1", text);
    expect(calls[1]?.body).toBe(text);
  });
});

describe("a refusal", () => {
  test("is an error with the server's words and the field", async () => {
    answer = () => problem(400, "bad_request", "`priority` must be an integer.", "priority");
    const error = await failure(get("/v1/queues"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 400,
      code: "bad_request",
      path: "priority",
      message: "`priority` must be an integer.",
    });
    expect(token.value).toBe("a.token.b");
  });

  test("from something before the server has words, too", async () => {
    answer = () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    expect(await failure(get("/v1/queues"))).toMatchObject({
      status: 502,
      code: "internal",
      detail: expect.stringContaining("502"),
    });
  });

  test("of the token logs out, and says why", async () => {
    answer = () => problem(401, "unauthorized", "It has expired.");
    await failure(get("/v1/queues"));
    expect(token.value).toBeNull();
    expect(isOpen.value).toBe(false);
    expect(farewell.value).toContain("It has expired.");
  });

  test("of a token that was replaced meanwhile logs nobody out", async () => {
    answer = () => {
      token.value = "another.token.c";
      return problem(401, "unauthorized", "It has expired.");
    };
    await failure(get("/v1/queues"));
    expect(token.value).toBe("another.token.c");
  });

  test("to come at all is told in words", async () => {
    answer = () => Promise.reject(new TypeError("Failed to fetch"));
    expect(await failure(get("/v1/queues"))).toMatchObject({
      status: 0,
      code: "unreachable",
      detail: expect.stringContaining("cannot be reached"),
    });
    expect(token.value).toBe("a.token.b");
  });
});

describe("a server", () => {
  test("is open when it answers without a token, and says so", async () => {
    answer = () => new Response("{}");
    await learnWhetherOpen();
    expect(calls[0]?.bearer).toBeNull();
    expect(isOpen.value).toBe(true);
  });

  test("asks for tokens when it refuses one who has none", async () => {
    answer = () => problem(401, "unauthorized", "This route needs a token.");
    await learnWhetherOpen();
    expect(isOpen.value).toBe(false);
    expect(token.value).toBe("a.token.b");
  });

  test("that is not configured says so, and is neither", async () => {
    answer = () => problem(503, "not_configured", "This server has no secret yet.");
    expect(await failure(learnWhetherOpen())).toMatchObject({ message: "This server has no secret yet." });
    expect(isOpen.value).toBeNull();
  });

  test("takes a token that may not read, and says why it does not take another", async () => {
    answer = () => problem(403, "forbidden", "This needs the scope read.");
    expect(await tryToken("c.d.e")).toBeNull();
    expect(calls[0]?.bearer).toBe("Bearer c.d.e");
    answer = () => problem(401, "unauthorized", "It is not one of this server's.");
    expect(await tryToken("c.d.e")).toBe("It is not one of this server's.");
    expect(token.value).toBe("a.token.b");
  });
});
