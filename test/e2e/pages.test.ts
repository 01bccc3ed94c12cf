// What serves the pages: on plain workerd from the disk, in `wrangler dev` as Cloudflare's assets, with one result.

import { request } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMON_HEADERS } from "../../src/protocol/headers.ts";
import { type Server, startDev, startServe } from "../support/server.ts";
import { SECRET } from "./contract/tokens.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HEADERS = {
  ...COMMON_HEADERS,
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
};

/** With tokens, and nobody has one: a page asks for none. */
const guarded = { PRINIA_SECRET: SECRET };
const starts: [string, () => Promise<Server>][] = [
  ["serve", () => startServe({ env: guarded })],
  ["wrangler dev", () => startDev({ env: guarded })],
];

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** As it stands on the line: `fetch` would tidy the path up, and takes no `Host`. */
function raw(server: Server, method: string, path: string, headers: Record<string, string> = {}): Promise<Raw> {
  const { promise, resolve, reject } = Promise.withResolvers<Raw>();
  request({ host: "127.0.0.1", port: server.port, method, path, headers }, (answer) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
  })
    .on("error", reject)
    .end();
  return promise;
}

function expectRefusal({ status, headers, text }: Raw, expected: number, code: string): void {
  expect([status, JSON.parse(text).code]).toEqual([expected, code]);
  expect(headers).toMatchObject({ ...COMMON_HEADERS, "content-type": "application/problem+json" });
}

describe.each(starts)("%s", (_, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  const get = (path: string, headers?: Record<string, string>) => raw(server, "GET", path, headers);

  test.each(["/board", "/board/", "/board/queues/a%2Fb", "/board/queues/q/tasks/x?tab=runs", "/docs", "/docs/"])(
    "%s is a page, which is asked for again each time",
    async (path) => {
      const { status, headers, text } = await get(path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        ...HEADERS,
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
      });
      expect(text).toMatch(/^<!doctype html>/);
      expect(text).toContain(path.startsWith("/docs") ? "API reference" : 'id="app"');
    },
  );

  test.each(["/board", "/docs"])(
    "the files that %s names are there, with their types, and kept for ever",
    async (page) => {
      const named = [...(await get(page)).text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
      const types = new Set<unknown>();
      for (const path of named) {
        const { status, headers, text } = await get(path);
        expect(status).toBe(200);
        expect(headers).toMatchObject({ ...HEADERS, "cache-control": "public, max-age=31536000, immutable" });
        expect(text.length).toBeGreaterThan(100);
        // Built as what is deployed, though it was tests that asked for it: else each element says where its source is.
        if (page === "/board") expect(text).not.toMatch(/lineNumber:\d/);
        types.add(headers["content-type"]);
      }
      const js = "text/javascript; charset=utf-8";
      expect([...types]).toEqual(expect.arrayContaining([js, "text/css; charset=utf-8", "image/svg+xml"]));
    },
  );

  test("HEAD says what GET does, and sends nothing", async () => {
    for (const path of ["/board", "/docs"]) {
      const head = await raw(server, "HEAD", path);
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(head.headers).toMatchObject({ ...HEADERS, "cache-control": "no-cache" });
    }
  });

  test("the root leads to the board", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers } = await raw(server, method, "/");
      expect([status, headers.location]).toEqual([302, "/board"]);
    }
    expectRefusal(await raw(server, "POST", "/"), 404, "not_found");
  });

  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("%s is no method of a page", async (method) => {
    for (const path of ["/board", "/board/queues/q", "/docs", "/board/assets/index.js"]) {
      const answer = await raw(server, method, path);
      expectRefusal(answer, 405, "method_not_allowed");
      expect(answer.headers.allow).toBe("GET, HEAD");
    }
  });

  test.each([
    "/board/assets",
    "/board/assets/",
    "/board/assets/none-00000000.js",
    "/board/assets/../index.html",
    "/board/assets/../../../wrangler.toml",
    "/board/assets/..%2f..%2f..%2fwrangler.toml",
    "/board/assets/%2e%2e/%2e%2e/%2e%2e/wrangler.toml",
    "/board/assets/..\\..\\..\\wrangler.toml",
    "/board/assets//etc/passwd",
    "/board/assets/%00.js",
    "/board/assets/.hidden.js",
    "/docs/index.html",
    "/docs/assets/../../board/index.html",
    "/docs/swagger-ui.js",
    "/docs/../../package.json",
    "/boards",
    "//board",
    "/board%2f",
    "/BOARD",
    "/build/pages/board/index.html",
  ])("there is nothing at %s", async (path) => {
    const answer = await get(path);
    expect(answer.text).not.toContain("compatibility_date");
    // Where what stands in between takes the dots out of a path, it may become one of the board's own.
    if (answer.status === 200) expect(answer.text).toContain('id="app"');
    else expectRefusal(answer, 404, "not_found");
  });

  test("a page of another site gets nothing", async () => {
    for (const path of ["/", "/board", "/docs"]) {
      expectRefusal(await get(path, { origin: "https://evil.example" }), 403, "forbidden");
      expect((await get(path, { origin: server.url })).status).toBeLessThan(400);
    }
  });
});

test("an open server shows no page under a foreign name", async () => {
  const server = await startServe();
  expectRefusal(await raw(server, "GET", "/board", { host: "evil.example" }), 403, "forbidden");
  expect((await raw(server, "GET", "/board", { host: `localhost:${server.port}` })).status).toBe(200);
});

test("a server that is not configured says so instead", async () => {
  const server = await startServe({ env: { PRINIA_AUTH: "" } });
  for (const path of ["/", "/board", "/docs", "/board/assets/x.js"])
    expectRefusal(await raw(server, "GET", path), 503, "not_configured");
});
