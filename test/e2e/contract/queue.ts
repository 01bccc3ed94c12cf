/** One server for a test file, and a queue of its own for each case. */

import { beforeAll, expect } from "vitest";
import type { LeasedTask, Problem, Task } from "../../../src/protocol/answers.ts";
import { type Answer, type Http, http } from "../../support/http.ts";
import { type Server, type ServerOptions, startServe } from "../../support/server.ts";

/** A parsed answer of which a test looks at some fields. */
export type Body = Record<string, unknown>;

export interface Polled {
  readonly session: string;
  readonly tasks: LeasedTask[];
  readonly events: Body[];
}

/** Starts a server before the tests of the importing file; the function gives it. */
export function serverForFile(options: ServerOptions = {}): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await startServe(options);
  });
  return () => {
    if (server === undefined) throw new Error("the server runs only within tests");
    return server;
  };
}

let queues = 0;

/** A queue that no other test uses, and the verbs that tests need of it. */
export class Queue {
  readonly name: string;
  readonly path: string;
  readonly url: string;
  readonly #http: Http;

  constructor({ url }: Pick<Server, "url">, name = `queue ${++queues}`, token?: string) {
    this.name = name;
    this.path = `/v1/queues/${encodeURIComponent(name)}`;
    this.url = url + this.path;
    this.#http = http(url, token);
  }

  call<T = Body>(method: string, below: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.#http.call<T>(method, this.path + below, body, headers);
  }

  get<T = Body>(below: string): Promise<Answer<T>> {
    return this.call<T>("GET", below);
  }

  post<T = Body>(below: string, body?: unknown): Promise<Answer<T>> {
    return this.call<T>("POST", below, body);
  }

  /** Pushes one task. */
  async push(task: object = { args: null }): Promise<string> {
    const answer = await this.post<{ id: string }>("/tasks", { args: null, ...task });
    expect(answer.status).toBe(201);
    return answer.body.id;
  }

  async poll(body: object = {}): Promise<Polled> {
    const answer = await this.post<Polled>("/poll", { worker: "w", ...body });
    expect(answer.status).toBe(200);
    return answer.body;
  }

  /** Pushes a task and claims it. */
  async leased(task: object = {}, poll: object = {}): Promise<LeasedTask> {
    const id = await this.push(task);
    const { tasks } = await this.poll(poll);
    expect(tasks.map((one) => one.id)).toEqual([id]);
    return first(tasks);
  }

  /** Reports one event and gives its answer. */
  async event(event: object, sender: object = {}): Promise<Body> {
    const answer = await this.post<{ events: Body[] }>("/events", { ...sender, events: [event] });
    expect(answer.status).toBe(200);
    return first(answer.body.events);
  }

  /** A task that has reached a status. */
  async taskIn(status: Task["status"], task: object = {}): Promise<Task> {
    if (status === "Pending") return this.task(await this.push(task));
    const leased = await this.leased(task, { autoStart: status !== "Queued" });
    const result = {
      Done: { ok: 1 },
      Failed: { err: "no", retryAfterMs: 3_600_000 },
      Killed: { err: "no", abort: true },
    };
    if (status === "Done" || status === "Failed" || status === "Killed") await this.event(ack(leased, result[status]));
    const found = await this.task(leased.id);
    expect(found.status).toBe(status);
    return found;
  }

  async task(id: string): Promise<Task> {
    const answer = await this.get<Task>(`/tasks/${id}`);
    expect(answer.status).toBe(200);
    return answer.body;
  }

  async configure(config: object): Promise<void> {
    expect((await this.call("PATCH", "/config", config)).status).toBe(200);
  }

  async counts(): Promise<Body> {
    return (await this.get<{ counts: Body }>("")).body.counts;
  }
}

export const first = <T>(list: readonly T[]): T => {
  const [one] = list;
  if (one === undefined) throw new Error("the list is empty");
  return one;
};

type Held = Pick<LeasedTask, "id" | "lease">;

export const ack = ({ id, lease }: Held, result: object = { ok: 1 }) => ({ type: "ack", id, lease, result });
export const event = (type: string, { id, lease }: Held, more: object = {}) => ({ type, id, lease, ...more });

/** Checks that an answer is a refusal, with the fields that it must have and no others. */
export function expectProblem(
  answer: Answer<unknown>,
  status: number,
  code: string,
  more: Partial<Problem> = {},
): void {
  const { body } = answer;
  const text = expect.any(String);
  expect(body).toEqual({ type: text, title: text, detail: text, status, code, ...more });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(JSON.stringify(body)).not.toMatch(/ at .*\.[jt]s:\d|SQLITE|valibot/i);
}

/** Lines of NDJSON. */
export const linesOf = (text: string): Body[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Body);

export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
