/** Requests: one try or several, answers as values, every failure a PriniaError. */

import { sleep, systemClock } from "../backend/clock.ts";
import { pauseMs } from "../backend/pause.ts";
import { Timer } from "../backend/timer.ts";
import { REQUEST_TIMEOUT_MS, REQUEST_TRIES } from "../limits.ts";
import type { Problem } from "../protocol/types.ts";
import { PriniaError, type PriniaErrorCode } from "../task/errors.ts";
import { setPatience } from "./patience.ts";

/** A token, or what gives one: it is asked at every request and every opening of a socket. */
export type Token = string | (() => string | Promise<string>);

/** The part of `fetch` that is used; that of a service binding fits as well. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<Response>;

/** Where the server is, and how to speak to it. */
export interface ServerOptions {
  /** The server's address, with the prefix that it is mounted under, if any. */
  readonly url: string;
  /** Left out, no token is sent. */
  readonly token?: Token | undefined;
  /** Instead of the global one. */
  readonly fetch?: Fetch | undefined;
  /** How often a request that may be repeated is sent while no answer comes; 8 when left out, which takes some 15 s. */
  readonly tries?: number | undefined;
}

export interface RequestOptions {
  /** JSON text. */
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether the request may be sent again when its outcome is unknown. True when left out. */
  readonly repeat?: boolean | undefined;
}

export class Requests {
  readonly url: string;
  readonly tries: number;
  readonly #token: Token | undefined;
  readonly #fetch: Fetch;

  constructor({ url, token, fetch, tries = REQUEST_TRIES }: ServerOptions) {
    this.tries = tries;
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
    // Not the bare global: browsers refuse to run it as somebody's method.
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** Whether a new token can be had when the one in use has ended. */
  get renewable(): boolean {
    return typeof this.#token === "function";
  }

  async token(): Promise<string | undefined> {
    return typeof this.#token === "function" ? await this.#token() : this.#token;
  }

  /** Sends a request, again where it may be, and reads the answer's JSON, if it has any. */
  async call<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return await this.repeated(() => this.once(method, path, options, REQUEST_TIMEOUT_MS, jsonOf<T>), options);
  }

  /** Does what sends a request, again where that may be and may help. */
  async repeated<T>(send: () => Promise<T>, { repeat = true, signal }: Omit<RequestOptions, "body">): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await send();
      } catch (error) {
        if (!repeat || failures >= this.tries || !isRetryable(error)) throw error;
        await sleep(systemClock, pauseMs(failures, error.retryAfterMs), signal);
      }
    }
  }

  /**
   * Sends a request once.
   *
   * @param read makes the answer's body into what is wanted, within the same time
   * @throws PriniaError for a refusal or silence; the signal's reason when that fired
   */
  async once<T>(
    method: string,
    path: string,
    { body, signal }: RequestOptions,
    timeoutMs: number,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const token = await this.token();
    signal?.throwIfAborted();
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = new Timer();
    setPatience(timer, timeoutMs, abort);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const init = { method, headers, signal: controller.signal };
      const response = await this.#fetch(this.url + path, body === undefined ? init : { ...init, body });
      if (!response.ok) throw await refusalOf(response);
      return await read(response);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw error instanceof PriniaError
        ? error
        : unreachable(controller.signal.aborted ? timeoutMs : undefined, error);
    } finally {
      timer.clear();
      signal?.removeEventListener("abort", abort);
    }
  }
}

/** Where a queue's routes begin. */
export const queuePath = (queue: string): string => `/v1/queues/${encodeURIComponent(queue)}`;

/** The JSON of an answer; `undefined` of one that has no body. */
export const jsonOf = async <T>(response: Response): Promise<T> =>
  response.status === 204 ? (undefined as T) : ((await response.json()) as T);

/** The text of an answer, each piece of which is shown as it comes. */
export async function textOf(response: Response, heard: (piece: string) => void): Promise<string> {
  let text = "";
  for await (const piece of pieces(response)) {
    heard(piece);
    text += piece;
  }
  return text;
}

/** An answer's text as it comes. */
export async function* pieces(response: Response): AsyncGenerator<string, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (let next = await reader.read(); !next.done; next = await reader.read())
    yield decoder.decode(next.value, { stream: true });
}

/** Whether a caller should be kept waiting for another try. A worker has more patience: see `isPassing`. */
export function isRetryable(error: unknown): error is PriniaError {
  if (!(error instanceof PriniaError)) return false;
  if (error.code === "not_configured") return false;
  return error.code === "unreachable" || error.status === 429 || error.status > 501;
}

function unreachable(timeoutMs: number | undefined, cause: unknown): PriniaError {
  const detail =
    timeoutMs === undefined
      ? "The server could not be reached, or the connection broke."
      : `No answer came within ${Math.round(timeoutMs)} ms.`;
  return new PriniaError({ code: "unreachable", detail }, { cause });
}

async function refusalOf(response: Response): Promise<PriniaError> {
  const { status } = response;
  const problem = await response.json().then(asProblem, () => ({}) as Partial<Problem>);
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new PriniaError({
    ...problem,
    code: problem.code ?? FOREIGN_CODES[status] ?? "internal",
    detail: problem.detail ?? `The server answered ${status} ${response.statusText}`.trimEnd(),
    status,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  });
}

/** What stands between us and the server answers in its own words. */
const FOREIGN_CODES: Readonly<Record<number, PriniaErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "payload_too_large",
  429: "too_many_requests",
  502: "unreachable",
  503: "overloaded",
  504: "unreachable",
};

const asProblem = (body: unknown): Partial<Problem> => (typeof body === "object" && body !== null ? body : {});
