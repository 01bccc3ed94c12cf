/** Calls of the server that the board comes from: answers as values, refusals as errors with words for people. */

import { isOpen, logOut, token } from "./token.ts";

/** Bulk verbs over many partitions take their time; nothing answers later than this. */
const PATIENCE_MS = 60_000;

export class ApiError extends Error {
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** One of the server's, or `unreachable`. */
  readonly code: string;
  /** What was wrong, in words; so is `message`. */
  readonly detail: string;
  /** The field that is refused, dotted. */
  readonly path: string | undefined;

  constructor(status: number, code: string, detail: string, path?: string) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.path = path;
  }
}

/** @param path from `/v1` on */
export const get = <T>(path: string): Promise<T> => call<T>("GET", path);
export const post = <T>(path: string, body?: unknown): Promise<T> => call<T>("POST", path, textOf(body));
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>("PATCH", path, textOf(body));
export const del = <T = void>(path: string): Promise<T> => call<T>("DELETE", path);

/** The answer as it came: numbers keep their spelling, also beyond 2^53. */
export const getText = (path: string): Promise<string> => textFrom("GET", path);

/** Sends JSON as it was typed, so that its numbers keep their spelling. */
export const sendText = <T>(method: "POST" | "PATCH", path: string, json: string): Promise<T> =>
  call<T>(method, path, json);

/** Finds out whether this server asks for tokens, which `isOpen` tells from then on. */
export async function learnWhetherOpen(): Promise<void> {
  const answer = await request("GET", "/v1/queues?limit=1", undefined, null);
  if (answer.ok) isOpen.value = true;
  else if (answer.status === 401) isOpen.value = false;
  else throw await errorOf(answer);
}

/** @returns why the server does not take this token, or `null` when it does: that it may not read is no reason */
export async function tryToken(text: string): Promise<string | null> {
  // What no header can carry is no token either.
  if (!/^[\w.~+/=-]+$/.test(text)) return null;
  const answer = await request("GET", "/v1/queues?limit=1", undefined, text);
  return answer.status === 401 ? (await errorOf(answer)).detail : null;
}

const textOf = (body: unknown): string | undefined => (body === undefined ? undefined : JSON.stringify(body));

async function call<T>(method: string, path: string, body?: string): Promise<T> {
  const text = await textFrom(method, path, body);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function textFrom(method: string, path: string, body?: string): Promise<string> {
  const used = token.value;
  const answer = await request(method, path, body, used);
  if (answer.ok) return answer.text().catch(() => Promise.reject(unreachable()));
  const error = await errorOf(answer);
  // The answer may be to a token that has been replaced since.
  if (error.status === 401 && used === token.value) {
    isOpen.value = false;
    if (used !== null) logOut(`You were logged out: ${error.detail}`);
  }
  throw error;
}

async function request(method: string, path: string, body: string | undefined, bearer: string | null) {
  const headers = new Headers();
  if (bearer !== null) headers.set("authorization", `Bearer ${bearer}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    // A cache that might keep it would have the same question wait for the answer to the first.
    return await fetch(path, { method, headers, signal, cache: "no-store", ...(body === undefined ? {} : { body }) });
  } catch {
    throw unreachable(
      signal.aborted
        ? `The server did not answer within ${PATIENCE_MS / 1000} seconds. It may have done it.`
        : undefined,
    );
  }
}

const unreachable = (detail = "The server cannot be reached. Is it running, and is this machine online?"): ApiError =>
  new ApiError(0, "unreachable", detail);

/** The server's own refusals are problem+json; what stands before it may answer anything. */
async function errorOf(answer: Response): Promise<ApiError> {
  const text = await answer.text().catch(() => "");
  try {
    const { code, detail, path } = JSON.parse(text);
    if (typeof code === "string" && typeof detail === "string") return new ApiError(answer.status, code, detail, path);
  } catch {
    // Not from the server.
  }
  return new ApiError(answer.status, "internal", `The server answered ${answer.status}, without saying why.`);
}
