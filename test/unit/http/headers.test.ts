/** Headers that keep a browser from making anything of an answer but data. */

import { describe, expect, it, vi } from "vitest";
import { allRoutes } from "../../../src/http/table.ts";
import { platformError, SECRET, tokenOf, world } from "./fakes.ts";

const EXPECTED = {
  "cache-control": expect.stringMatching(/^no-store/),
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const ROUTES = allRoutes().filter(({ path }) => !path.endsWith("/socket"));
const addressed = (path: string) => path.replace(":queue", "q").replace(":id", "i").replace(":worker", "w");

const securityOf = ({ headers }: Response) =>
  Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, headers.get(name)]));

describe("every answer", () => {
  it.each(ROUTES.map(({ method, path }) => [method, path] as const))("of %s %s has them", async (method, path) => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const { send } = world({ task: "{}" });
    const answers = [
      await send(method, addressed(path)),
      await send(method, `${addressed(path)}?colour=red`),
      await send("PUT", addressed(path)),
      await world({}, { vars: { PRINIA_SECRET: SECRET } }).send(method, addressed(path)),
      await world({}, { vars: {} }).send(method, addressed(path)),
    ];
    for (const answer of answers) expect(securityOf(answer)).toEqual(EXPECTED);
    vi.restoreAllMocks();
  });

  it("has them where there is no route, where a page is refused, in a preflight, in a stream, and when all fails", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const board = "https://board.example.com";
    const { send } = world(
      {
        config: () => Promise.reject(new Error("x")),
        stats: () => Promise.reject(platformError({ overloaded: true })),
      },
      { vars: { PRINIA_SECRET: SECRET, PRINIA_ORIGINS: board } },
    );
    const headers = { authorization: `Bearer ${await tokenOf()}` };
    const preflight = { origin: board, "access-control-request-method": "POST" };
    const answers = [
      await send("GET", "/v1/nothing", undefined, headers),
      await send("GET", "/", undefined, headers),
      await send("GET", "/v1", undefined, { origin: "https://evil.example" }),
      await send("OPTIONS", "/v1", undefined, preflight),
      await send("GET", "/v1/queues/q/wait?id=a&waitMs=0", undefined, { ...headers, accept: "text/event-stream" }),
      await send("GET", "/v1/queues/q/config", undefined, { ...headers, origin: board }),
      await send("GET", "/v1/queues/q/stats", undefined, headers),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 403, 204, 200, 500, 503]);
    for (const answer of answers) expect(securityOf(answer)).toEqual(EXPECTED);
    // Also a page that is told of a failure may read that it is one.
    expect(answers[5]?.headers.get("access-control-allow-origin")).toBe(board);
    error.mockRestore();
  });
});
