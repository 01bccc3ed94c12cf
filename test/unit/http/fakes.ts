/** Objects, sockets and time for the tests of the router: no runtime, no waiting. */

import { sign } from "hono/jwt";
import type { DirectoryStub, ObjectSocket, QueueStub, UpgradeResponse } from "../../../src/env.ts";
import { type Bindings, createApp } from "../../../src/http/app.ts";
import type { Timing } from "../../../src/http/timing.ts";
import { ok } from "../../../src/task/result.ts";

export const NOW = 1_750_000_000_000;
export const SECRET = "a secret of the tests";

/** A call that reached an object. */
interface Recorded {
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

type Answers<Stub> = { [Method in keyof Stub]?: unknown };

/** The answer to a method that a test says nothing of. */
const EMPTY: Record<string, unknown> = {
  poll: { session: "s1", tasks: [], events: [] },
  events: { events: [] },
  workers: { workers: [] },
  history: { now: NOW, minutes: [], hours: [] },
  heartbeat: { orphanAfterMs: 60_000 },
  goodbye: { released: 0 },
  list: { tasks: [] },
  status: { results: [], unknown: [] },
  queues: { queues: [], more: false, asOf: NOW },
  metrics: { queues: [], omitted: 0 },
  bulk: { matched: 0, changed: 0, more: false },
  resume: { resumed: false },
  cancel: { cancelled: false },
  purge: { purged: 0, more: false },
  vacuum: { vacuumed: 0, more: false },
  resumeAbandoned: { resumed: 0 },
  schedules: [],
};

/**
 * A namespace whose objects answer each method with what `answers` says: a value, which is wrapped as a success, or a
 * function of the arguments, which answers for itself.
 */
function namespace<Stub extends object>(answers: Answers<Stub>, calls: Recorded[], opened: string[]) {
  return {
    getByName: (object: string): Stub => {
      opened.push(object);
      const stub = new Proxy({} as Stub, {
        get: (_, method) => {
          if (typeof method !== "string" || method === "then") return undefined;
          return async (...args: unknown[]) => {
            calls.push({ object, method, args });
            const answer = method in answers ? answers[method as keyof Stub] : EMPTY[method];
            return typeof answer === "function" ? answer(...args) : ok(answer ?? null);
          };
        },
      });
      return stub;
    },
  };
}

export interface World {
  readonly env: Bindings;
  /** What reached the objects, in order. */
  readonly calls: Recorded[];
  /** The stubs that were made, in order. */
  readonly opened: string[];
  readonly time: ManualTime;
  /** Sends a request to a fresh app. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  fetch(request: Request): Promise<Response>;
}

/** An app, open unless `vars` say otherwise, over objects that answer as told. */
export function world(
  queue: Answers<QueueStub> = {},
  options: { directory?: Answers<DirectoryStub>; vars?: Partial<Bindings> } = {},
): World {
  const calls: Recorded[] = [];
  const opened: string[] = [];
  const time = new ManualTime();
  const env: Bindings = {
    QUEUE: namespace<QueueStub>(queue, calls, opened),
    DIRECTORY: namespace<DirectoryStub>(options.directory ?? {}, calls, opened),
    ...(options.vars ?? { PRINIA_AUTH: "off" }),
  };
  const app = createApp({ timing: time });
  const fetch = async (request: Request) => app.fetch(request, env);
  return {
    env,
    calls,
    opened,
    time,
    fetch,
    send: (method, path, body, headers = {}) => fetch(requestOf(method, path, body, headers)),
  };
}

export function requestOf(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Request {
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  return new Request(`http://localhost${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
}

/** A token of the tests; good for an hour unless the claims say otherwise. */
export const tokenOf = (claims: Record<string, unknown> = {}, secret: string = SECRET): Promise<string> =>
  sign({ queues: ["*"], scope: ["admin"], exp: NOW / 1000 + 3600, ...claims }, secret);

/** A clock that stands still until it is moved, and chance that is always the same. */
class ManualTime implements Timing {
  #now = NOW;
  readonly #timers = new Map<number, { at: number; then: () => void }>();
  #nextTimer = 1;

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, then: () => void): () => void {
    const id = this.#nextTimer++;
    this.#timers.set(id, { at: this.#now + ms, then });
    return () => this.#timers.delete(id);
  }

  /** How many timers have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets what is under way go on, then moves the clock and fires what is due. */
  async advance(ms: number): Promise<void> {
    await settle();
    this.#now += ms;
    for (const [id, { at, then }] of [...this.#timers].sort(([, a], [, b]) => a.at - b.at)) {
      if (at > this.#now) continue;
      this.#timers.delete(id);
      then();
    }
    await settle();
  }

  /** Moves the clock whenever something waits for it, until `work` is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const watched = work.finally(() => {
      done = true;
    });
    watched.catch(() => undefined);
    for (let turns = 0; !done && turns < 1_000; turns++) await this.advance(1_000);
    return watched;
  }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The Worker's end of a socket, and the strings to pull at the other. */
export class FakeSocket implements ObjectSocket {
  accepted = false;
  closed = false;
  /** Frames that the Worker sent. */
  readonly sent: unknown[] = [];
  /** What the object does with a frame. */
  onFrame: (frame: Record<string, unknown>) => void = () => undefined;
  readonly #message: ((event: { data: unknown }) => void)[] = [];
  readonly #end: (() => void)[] = [];

  accept(): void {
    this.accepted = true;
  }

  send(text: string): void {
    if (this.closed) throw new TypeError("the socket is closed");
    const frame = JSON.parse(text);
    this.sent.push(frame);
    this.onFrame(frame);
  }

  close(): void {
    this.closed = true;
  }

  addEventListener(type: "message" | "close" | "error", listener: (event: { data: unknown }) => void): void {
    if (type === "message") this.#message.push(listener);
    else this.#end.push(() => listener({ data: undefined }));
  }

  /** A frame from the object. */
  deliver(frame: unknown): void {
    for (const listener of this.#message) {
      listener({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    }
  }

  /** The object was evicted, or the connection broke. */
  break(): void {
    this.closed = true;
    for (const listener of this.#end) listener();
  }

  /** The answer to the upgrade; Node cannot make a 101. */
  get response(): UpgradeResponse {
    return Object.assign(Object.create({}), {
      status: 101,
      headers: new Headers(),
      webSocket: this,
    }) as UpgradeResponse;
  }
}

/** An error of the platform, as a stub throws it. */
export const platformError = (flags: Record<string, boolean>): Error =>
  Object.assign(new Error("internal detail of the platform"), flags);
