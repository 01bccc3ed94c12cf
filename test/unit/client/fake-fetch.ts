/** A server that answers requests as a test says. */

import { vi } from "vitest";
import { DurableBackend, type Fetch, http } from "../../../src/client/index.ts";

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

type Answer = (sent: Sent) => Response | Promise<Response>;

/** Answers each request by the next of these; the last one answers all others. */
export function serverOf(...answers: Answer[]) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, { method, headers, body, signal }) => {
    signal.throwIfAborted();
    const request = { method, url, headers, body: body === undefined ? undefined : JSON.parse(body) };
    sent.push(request);
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (!answer) throw new Error("the test has no answer");
    return answer(request);
  };
  return { sent, fetch };
}

/** A queue over HTTP on such a server. */
export function queueOf(...answers: Answer[]) {
  const { sent, fetch } = serverOf(...answers);
  const transport = http({ url: "http://queue.test/prefix/", fetch });
  return { sent, transport, queue: new DurableBackend<{ n: number }, string>("a/b", transport) };
}

export const pushed = (id = "t1", created = true) =>
  Response.json({ id, status: "Pending", created }, { status: created ? 201 : 200 });

export const problem = (status: number, more: object = {}, headers: Record<string, string> = {}) =>
  Response.json({ code: "overloaded", detail: "busy", ...more }, { status, headers });

export const broken = () => Promise.reject(new TypeError("fetch failed"));

/** An answer of NDJSON. */
export const lines = (...entries: object[]) =>
  new Response(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));

export const done = (id: string, ok: unknown = id) => ({ id, status: "Done", attempt: 1, result: { ok } });

type Outcome<T> = { value: T } | { error: unknown };

/** What became of a promise, as a value. */
export const endOf = <T>(promise: Promise<T>): Promise<Outcome<T>> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

/** What became of a promise, once all pauses are over. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  const end = endOf(promise);
  await vi.advanceTimersByTimeAsync(600_000);
  return end;
}

export async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}
