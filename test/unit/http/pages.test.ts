/** The pages over files that answer as told: what is asked of them, and what becomes of their answers. */

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { pages } from "../../../src/http/pages.ts";
import { world } from "./fakes.ts";

const ORIGIN = "http://localhost";

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An open server whose files all answer the same. */
function site(answer: () => Response = () => new Response("text")) {
  const asked: Asked[] = [];
  const ASSETS: Env["ASSETS"] = {
    fetch: async (url, { method, headers }) => {
      asked.push({ url, method, headers });
      return answer();
    },
  };
  const { env, calls } = world();
  const send = (path: string, init?: RequestInit) => pages(new Request(ORIGIN + path, init), { ...env, ASSETS });
  return { send, asked, calls };
}

afterEach(() => vi.restoreAllMocks());

describe("a server without files", () => {
  it.each(["/", "/board", "/board/queues/q", "/docs", "/board/assets/a-1.js"])("leaves %s to the API", (path) => {
    expect(pages(new Request(ORIGIN + path), world().env)).toBeUndefined();
  });
});

describe("a path", () => {
  it.each([
    ["/board", "/board/index.html"],
    ["/board/", "/board/index.html"],
    ["/board/queues/a%2Fb/tasks/x", "/board/index.html"],
    ["/board/index.html", "/board/index.html"],
    ["/docs", "/docs/index.html"],
    ["/docs/", "/docs/index.html"],
    ["/board/assets/index-Ab_1-c.js", "/board/assets/index-Ab_1-c.js"],
    ["/docs/assets/a.b.css", "/docs/assets/a.b.css"],
    ["/board/assets/a.js?v=1", "/board/assets/a.js"],
  ])("%s is the file %s", async (path, file) => {
    const { send, asked, calls } = site();
    expect((await send(path))?.status).toBe(200);
    expect(asked).toEqual([{ url: `https://assets${file}`, method: "GET", headers: {} }]);
    expect(calls).toEqual([]);
  });

  it.each([
    "/board/assets",
    "/board/assets/",
    "/board/assets/a",
    "/board/assets/.a.js",
    "/board/assets/a..js",
    "/board/assets/a/b.js",
    "/board/assets/%2e%2e.js",
    "/board/assets/a%2fb.js",
    "/board/assets/a.js/",
    "/board/assets/a.wasm",
    "/docs/index.html",
    "/docs/a",
  ])("%s is none, and no file is asked for", async (path) => {
    const { send, asked } = site();
    const answer = await send(path);
    expect([answer?.status, asked]).toEqual([404, []]);
    expect(await answer?.json()).toMatchObject({ code: "not_found" });
  });

  it.each(["/v1", "/v1/queues", "/boards", "/boar", "/docsy", "/x/board", "//board", "/BOARD"])(
    "%s is the API's",
    (path) => {
      const { send, asked } = site();
      expect([send(path), asked]).toEqual([undefined, []]);
    },
  );
});

describe("an answer", () => {
  it("keeps the tag of the file, and asks by the tag that a browser has", async () => {
    const { send, asked } = site(() => new Response(null, { status: 304, headers: { etag: '"1"', "x-other": "no" } }));
    const answer = await send("/board", {
      headers: { "if-none-match": '"1"', cookie: "a=b", authorization: "Bearer x" },
    });
    expect([answer?.status, answer?.headers.get("etag"), answer?.headers.get("x-other")]).toEqual([304, '"1"', null]);
    expect(asked).toEqual([
      { url: "https://assets/board/index.html", method: "GET", headers: { "if-none-match": '"1"' } },
    ]);
  });

  it.each([404, 500, 307])("of %i is that there is no such file", async (status) => {
    const { send } = site(() => new Response("listing", { status }));
    const answer = await send("/board/assets/a.js");
    expect(await answer?.json()).toMatchObject({ status: 404, code: "not_found" });
  });

  it("that never comes is a fault of the server, and says nothing of it", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const { send } = site(() => {
      throw new Error("/secret/path is gone");
    });
    const answer = await send("/board");
    expect(answer?.status).toBe(500);
    expect(await answer?.text()).not.toContain("secret");
    expect(logged).toHaveBeenCalledOnce();
  });
});
