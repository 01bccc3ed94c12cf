/** Which web pages may call: a page must not drive a queue that its visitor can reach. */

import type { Settings } from "../env.ts";
import { COMMON_HEADERS } from "../protocol/headers.ts";
import { fail, ok, type Result } from "../task/result.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = "authorization, content-type, accept, last-event-id, traceparent, tracestate";
const ANSWER_HEADERS = "allow, retry-after, www-authenticate";
/** How long a browser remembers a preflight, in seconds: its own cap is lower in places. */
const PREFLIGHT_AGE = "7200";

/**
 * Refuses what came from a page of a foreign origin and, on an open server, what was addressed to a foreign name:
 * that is a page whose own name was made to resolve to this machine.
 *
 * @returns `forbidden`, or the origin to name in CORS headers: `null` when none is due
 */
export function checkOrigin(request: Request, settings: Settings): Result<string | null> {
  const url = new URL(request.url);
  if (settings.auth.mode === "open" && !isExpectedHost(request, url, settings.origins)) {
    return fail(
      "forbidden",
      "Without tokens this server answers only to localhost and to the hosts in PRINIA_ORIGINS. Add yours there.",
    );
  }
  const origin = request.headers.get("origin");
  if (origin === null) return ok(null);
  if (settings.origins.includes(origin)) return ok(origin);
  if (isOwn(origin, url)) return ok(null);
  if (settings.auth.mode === "open" && isLocal(origin)) return ok(origin);
  return fail("forbidden", "Pages of this origin may not call this server. Add the origin to PRINIA_ORIGINS.");
}

/** Both the address and the Host header: a proxy in between may rewrite either. */
function isExpectedHost(request: Request, url: URL, origins: readonly string[]): boolean {
  const named = [url.host, request.headers.get("host") ?? url.host];
  return named.every((host) => {
    const address = `http://${host}`;
    if (!URL.canParse(address)) return false;
    return LOOPBACK.has(new URL(address).hostname) || origins.some((origin) => new URL(origin).host === host);
  });
}

/** Behind a proxy that ends TLS a page is `https:` while we are addressed as `http:`. */
function isOwn(origin: string, url: URL): boolean {
  if (origin === url.origin) return true;
  return URL.canParse(origin) && new URL(origin).protocol === "https:" && new URL(origin).host === url.host;
}

function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return (protocol === "http:" || protocol === "https:") && LOOPBACK.has(hostname);
}

export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" && request.headers.has("access-control-request-method");

/** The answer to a preflight of an origin that `checkOrigin` named. */
export const preflight = (origin: string): Response =>
  new Response(null, {
    status: 204,
    headers: {
      ...COMMON_HEADERS,
      "access-control-allow-origin": origin,
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": PREFLIGHT_AGE,
      vary: "origin",
    },
  });

/** Adds the CORS headers to an answer. Not for a 101: its headers are the runtime's. */
export function allowOrigin(response: Response, origin: string): Response {
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-expose-headers", ANSWER_HEADERS);
  response.headers.append("vary", "origin");
  return response;
}
