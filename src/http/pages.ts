/** The pages beside the API: `/board` and all below it, `/docs`, and their files. There is no data in them. */

import { type Env, type Settings, settings } from "../env.ts";
import { logBug } from "../protocol/bug.ts";
import { COMMON_HEADERS } from "../protocol/headers.ts";
import { type Failure, fail } from "../task/result.ts";
import { notConfigured } from "./access.ts";
import { problem } from "./answer.ts";
import { drain } from "./body.ts";
import { internal } from "./call.ts";
import { checkOrigin } from "./cross-site.ts";
import { rawPath } from "./path.ts";
import { REAL_TIME } from "./timing.ts";

/** A file named after its content, by its path in `ASSETS`: one folder for each page, no way up, no encoding. */
const FILE = /^\/(?:board|docs)\/assets\/[\w-]+\.[\w-]+(?:\.[\w-]+)*$/;
const ASSETS_FOLDER = /^\/(?:board|docs)\/assets(?:\/|$)/;

/** What Vite makes. Set here, since what serves the files differs: Cloudflare knows the types, workerd's disk does not. */
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};

/** Everything from this server, nothing from elsewhere, nothing inline, and no page around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  ...COMMON_HEADERS,
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
} as const;

/** A year is what caches take for ever: RFC 8246 names such a file `immutable`. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** Kept, but asked for each time: a page names the files of its own version. */
const ASK_AGAIN = "no-cache";

/**
 * Answers for the pages.
 *
 * @returns undefined for every other path, and for all of them where there are no pages (no `ASSETS`)
 */
export function pages(request: Request, env: Env): Promise<Response> | undefined {
  const files = env.ASSETS;
  if (files === undefined) return undefined;
  const path = rawPath(request.url);
  if (path === "/") return isReading(request) ? admit(request, env, async () => toBoard()) : undefined;
  const file = fileAt(path);
  return file === undefined ? undefined : admit(request, env, () => answer(request, files, file));
}

/** The file of a path: null where there can be none, undefined where the API answers. The board has its own routes. */
function fileAt(path: string): string | null | undefined {
  if (FILE.test(path)) return path;
  if (ASSETS_FOLDER.test(path)) return null;
  if (path === "/board" || path.startsWith("/board/")) return "/board/index.html";
  if (path === "/docs" || path === "/docs/") return "/docs/index.html";
  return path.startsWith("/docs/") ? null : undefined;
}

const isReading = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

/** The same checks as before the API, but for the token: there is no data in a page. */
async function admit(request: Request, env: Env, handle: () => Promise<Response>): Promise<Response> {
  const refusal = refusalOf(request, settings(env));
  if (refusal !== undefined) {
    await drain(request, REAL_TIME);
    return problem(refusal);
  }
  try {
    return await handle();
  } catch (error) {
    logBug("a page", error);
    return problem(internal().error);
  }
}

function refusalOf(request: Request, configured: Settings): Failure | undefined {
  const origin = checkOrigin(request, configured);
  if (!origin.ok) return origin.error;
  if (configured.auth.mode === "missing") return notConfigured().error;
  if (isReading(request)) return undefined;
  const allow = ["GET", "HEAD"];
  return fail("method_not_allowed", `Pages have ${allow.join(" and ")} only.`, { allow }).error;
}

/** Whoever opens the address of the server in a browser wants to see something. */
const toBoard = (): Response => new Response(null, { status: 302, headers: { ...COMMON_HEADERS, location: "/board" } });

async function answer(request: Request, files: NonNullable<Env["ASSETS"]>, file: string | null): Promise<Response> {
  const type = TYPES[file?.split(".").at(-1) ?? ""];
  if (file === null || type === undefined) return noSuchFile();
  const tag = request.headers.get("if-none-match");
  const found = await files.fetch(`https://assets${file}`, {
    method: request.method,
    headers: tag === null ? {} : { "if-none-match": tag },
  });
  if (found.status !== 200 && found.status !== 304) {
    await found.body?.cancel();
    return noSuchFile();
  }
  const headers = new Headers({ ...HEADERS, "content-type": type });
  headers.set("cache-control", file.endsWith(".html") ? ASK_AGAIN : FOR_EVER);
  const etag = found.headers.get("etag");
  if (etag !== null) headers.set("etag", etag);
  return new Response(found.body, { status: found.status, headers });
}

const noSuchFile = (): Response => problem(fail("not_found", "There is no such file; the board is at /board.").error);
