/** The caller's side: push tasks, wait for them, look at them, cancel them. */

import type { Pushed } from "../task/task.ts";
import { PriniaError, TaskFailedError } from "../task/errors.ts";
import { randomText } from "../backend/outgoing.ts";
import { type ServerOptions, Transport } from "./transport.ts";
import type { CallOptions, PushCallOptions, PushOptions, Task, TaskInput, TaskResult, WaitOptions } from "./types.ts";
import { waitFor } from "./wait.ts";

export interface Client {
  /** A queue by its name; nothing is sent. `Args` is what its tasks take, `Out` what its handlers return. */
  queue<Args = unknown, Out = unknown>(name: string): Queue<Args, Out>;
}

/** All but a push without a key is tried again when the server is silent or busy. */
export interface Queue<Args, Out> {
  readonly name: string;
  /** Pushes one task; it is durable once this resolves. */
  push(args: Args, options?: PushOptions): Promise<Pushed>;
  /** Pushes up to 1,000 tasks, all or none; answers in their order. */
  pushMany(tasks: readonly TaskInput<Args>[], options?: PushCallOptions): Promise<Pushed[]>;
  /** Yields how each task ended, once, as soon as it has: in that order, until all have or the signal fires. */
  wait(ids: string | Iterable<string>, options?: WaitOptions): AsyncIterableIterator<TaskResult<Out>>;
  /** Waits for one task. Throws TaskFailedError when it ends as Killed. */
  result(id: string, options?: WaitOptions): Promise<Out>;
  /** Pushes one task and waits for its result. */
  run(args: Args, options?: PushOptions): Promise<Out>;
  fetch(id: string, options?: CallOptions): Promise<Task<Args, Out>>;
  /** False when the task had ended already. */
  cancel(id: string, options?: CallOptions): Promise<boolean>;
}

/**
 * A client of a Prinia server.
 *
 * @example
 * const emails = createClient({ url, token }).queue<{ to: string }, { messageId: string }>("emails");
 * const { id } = await emails.push({ to: "a@example.com" }, { delayMs: 60_000 });
 * for await (const result of emails.wait([id])) console.log(result);
 */
export function createClient(options: ServerOptions): Client {
  const transport = new Transport(options);
  return { queue: <Args, Out>(name: string): Queue<Args, Out> => new RemoteQueue<Args, Out>(transport, name) };
}

class RemoteQueue<Args, Out> implements Queue<Args, Out> {
  readonly name: string;
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, name: string) {
    this.name = name;
    this.#transport = transport;
    this.#path = `/v1/queues/${encodeURIComponent(name)}`;
  }

  async push(args: Args, { retry, signal, ...task }: PushOptions = {}): Promise<Pushed> {
    const given = { ...task, args };
    const body = retry ? withKey(given) : given;
    const pushed = await this.#push<Pushed>(body, [body], signal);
    return body === given ? pushed : ours(pushed);
  }

  async pushMany(tasks: readonly TaskInput<Args>[], { retry, signal }: PushCallOptions = {}): Promise<Pushed[]> {
    if (tasks.length === 0) return [];
    const body = retry ? tasks.map(withKey) : tasks;
    const answer = await this.#push<{ tasks: Pushed[] }>(body, body, signal);
    return answer.tasks.map((pushed, at) => (body[at] === tasks[at] ? pushed : ours(pushed)));
  }

  async #push<T>(body: unknown, tasks: readonly TaskInput<Args>[], signal: AbortSignal | undefined): Promise<T> {
    const repeat = tasks.every(isRepeatable);
    try {
      return await this.#transport.call<T>("POST", `${this.#path}/tasks`, { body, signal, repeat });
    } catch (error) {
      throw orUnknown(error, repeat);
    }
  }

  wait(ids: string | Iterable<string>, options: WaitOptions = {}): AsyncIterableIterator<TaskResult<Out>> {
    return waitFor<Out>(this.#transport, this.#path, typeof ids === "string" ? [ids] : ids, options);
  }

  async result(id: string, options: WaitOptions = {}): Promise<Out> {
    for await (const result of this.wait(id, options)) {
      if (result.status === "Done") return result.value;
      if (result.status === "Killed") throw new TaskFailedError(id, result.attempt, result.error);
    }
    throw new PriniaError({
      code: "task_not_found",
      detail: `There is no task ${id}, or it was deleted.`,
      status: 404,
    });
  }

  async run(args: Args, options: PushOptions = {}): Promise<Out> {
    const { id } = await this.push(args, options);
    return this.result(id, { signal: options.signal });
  }

  fetch(id: string, options: CallOptions = {}): Promise<Task<Args, Out>> {
    return this.#transport.call("GET", `${this.#path}/tasks/${encodeURIComponent(id)}`, options);
  }

  async cancel(id: string, options: CallOptions = {}): Promise<boolean> {
    const path = `${this.#path}/tasks/${encodeURIComponent(id)}/cancel`;
    return (await this.#transport.call<{ cancelled: boolean }>("POST", path, options)).cancelled;
  }
}

const withKey = <Args>(task: TaskInput<Args>): TaskInput<Args> =>
  task.idempotencyKey === undefined ? { ...task, idempotencyKey: randomText(), idempotencyUntil: "gone" } : task;

/** A key minted here is nobody else's: if its task was there already, an earlier try of ours had made it. */
const ours = (pushed: Pushed): Pushed => ({ ...pushed, created: true });

/** A key that is free again when its task ends does not keep a second try from making a second task. */
const isRepeatable = (task: TaskInput<unknown>): boolean =>
  task.idempotencyKey !== undefined && task.idempotencyUntil !== "terminal";

/** A push that was not answered may have happened, and its caller must know. */
function orUnknown(error: unknown, repeated: boolean): unknown {
  if (!(error instanceof PriniaError) || error.code !== "unreachable") return error;
  const advice = repeated ? "look for the task" : "look for the task, or push with { retry: true }";
  const detail = `${error.detail} Whether the push happened is unknown: ${advice}.`;
  return new PriniaError({ ...error, detail }, { cause: error.cause });
}
