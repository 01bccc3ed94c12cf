/** A queue inside workerd, for hostile input: its router, its object, and what it has written so far. */

import { env, exports } from "cloudflare:workers";
import type { Seen } from "../../hostile/judge.ts";
import type { Names } from "../../hostile/valid.ts";

interface Leased {
  readonly id: string;
  readonly lease: string;
}

export class Desk {
  readonly queue = crypto.randomUUID();
  names: Names = { pending: "", done: "", running: "", lease: "", session: "" };

  static async open(): Promise<Desk> {
    const desk = new Desk();
    await desk.#arrange();
    return desk;
  }

  async #arrange(): Promise<void> {
    await this.#json("PATCH", "/config", { orphanAfterMs: 86_400_000, retention: { doneMs: null, killedMs: null } });
    const done = await this.#leased();
    await this.#json("POST", "/events", { events: [{ type: "ack", ...done, result: { ok: 1 } }] });
    const running = await this.#leased();
    const { session } = await this.#json("POST", "/poll", { worker: "holder" });
    const pending = await this.#json("POST", "/tasks", { args: "control", delayMs: 86_400_000 });
    this.names = { pending: pending.id, done: done.id, running: running.id, lease: running.lease, session };
  }

  async #leased(): Promise<Leased> {
    await this.#json("POST", "/tasks", { args: 1 });
    const { tasks } = await this.#json("POST", "/poll", { worker: "holder" });
    return { id: tasks[0].id, lease: tasks[0].lease };
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field.
  async #json(method: string, path: string, body: unknown): Promise<any> {
    const { status, text } = await this.send(method, path, JSON.stringify(body));
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
    return JSON.parse(text);
  }

  async send(method: string, path: string, body?: string): Promise<Seen> {
    const response = await this.fetch(method, path, {
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    });
    // Lines are no text to the runtime, which would warn of it.
    const text = new TextDecoder().decode(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get("content-type"), text };
  }

  fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return exports.default.fetch(new Request(`http://localhost/v1/queues/${this.queue}${path}`, { method, ...init }));
  }

  /** All that a side effect would change. Rows written are not in it: reports to the directory come when they like. */
  async stored(): Promise<string> {
    const stub = env.QUEUE.getByName(`${this.queue}/0`);
    const [stats, listed, workers] = await Promise.all([
      stub.stats(),
      stub.list({ order: "newest", limit: 1_000 }),
      stub.workers(),
    ]);
    if (!stats.ok || !listed.ok || !workers.ok) throw new Error("a look at the queue was refused");
    const { counts, config } = stats.value;
    const sessions = workers.value.workers.map(({ id, leases }) => [id, leases]);
    return JSON.stringify({ counts, config, sessions, tasks: listed.value.tasks });
  }
}
