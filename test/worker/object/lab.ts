/** One queue's object in the hands of a test: its sockets, its clock, its alarm, its sleep. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";

const DAY_MS = 86_400_000;
const PATIENCE_MS = 5_000;

// biome-ignore lint/suspicious/noExplicitAny: frames and answers are what tests look into, field by field.
type Json = any;

/** Time stands still a day ahead of the real one: no alarm fires but by `Lab.alarm`. */
export function freezeTime(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY_MS });
}

export const thawTime = (): void => {
  vi.useRealTimers();
};

export const pass = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms);
};

/** The client's end of a socket. */
export class End {
  readonly #socket: WebSocket;
  readonly frames: Json[] = [];
  closeCode: number | null = null;
  #barriers = 0;
  #read = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(data === "pong" ? { type: "pong" } : JSON.parse(String(data)));
    });
    socket.addEventListener("close", ({ code }) => {
      this.closeCode = code;
    });
  }

  send(...frames: (object | string)[]): void {
    for (const frame of frames) this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** All frames since the last time, once everything that was sent is answered. */
  async settled(): Promise<Json[]> {
    // Deliveries come at the end of a transaction, behind the answers in it: so one question is not enough.
    for (let question = 0; question < 2; question++) {
      const ref = `barrier ${++this.#barriers}`;
      this.send({ type: "wait", ref, ids: ["nobody"] });
      await until(() => this.frames.some((frame) => frame.ref === ref), ref);
    }
    return this.unread();
  }

  /** All frames since the last time, as they have come by themselves. */
  unread(): Json[] {
    const frames = this.frames.slice(this.#read).filter(({ ref }) => !String(ref).startsWith("barrier "));
    this.#read = this.frames.length;
    return frames;
  }

  async ping(): Promise<void> {
    const pongs = () => this.frames.filter(({ type }) => type === "pong").length;
    const before = pongs();
    this.send("ping");
    await until(() => pongs() > before, "a pong came");
  }

  close(): void {
    this.#socket.close(1000);
  }
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 5) {
    if (waited > PATIENCE_MS) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export class Lab {
  readonly queue = crypto.randomUUID();

  /** A fresh one each time: an eviction breaks those that are held. */
  get stub() {
    return env.QUEUE.getByName(`${this.queue}/0`);
  }

  async #fetch(method: string, below: string, init: RequestInit = {}): Promise<Response> {
    return exports.default.fetch(new Request(`http://localhost/v1/queues/${this.queue}${below}`, { method, ...init }));
  }

  async call(method: string, below: string, body?: unknown): Promise<Json> {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const text = await (await this.#fetch(method, below, init)).text();
    return text === "" ? null : JSON.parse(text);
  }

  async push(task: object = {}): Promise<Json> {
    return this.call("POST", "/tasks", { args: null, ...task });
  }

  task(id: string): Promise<Json> {
    return this.call("GET", `/tasks/${id}`);
  }

  async open(): Promise<End> {
    const headers = { upgrade: "websocket", "sec-websocket-protocol": "prinia.v1" };
    const { webSocket } = await this.#fetch("GET", "/socket", { headers });
    if (!webSocket) throw new Error("the upgrade was refused");
    return new End(webSocket);
  }

  /** A socket that is registered, and has settled. */
  async worker(registration: object = {}): Promise<End & { session: string }> {
    const end = await this.open();
    end.send({ type: "register", worker: "w", credit: 0, ...registration });
    const [registered] = await end.settled();
    return Object.assign(end, { session: registered.session as string });
  }

  evict(webSockets: "hibernate" | "close" = "hibernate"): Promise<void> {
    return evictDurableObject(this.stub, { webSockets });
  }

  /** Runs the alarm, if one is set, whatever the time is. */
  alarm(): Promise<boolean> {
    return runDurableObjectAlarm(this.stub);
  }

  /** When the alarm is set to, ms. */
  alarmAt(): Promise<number | null> {
    return runInDurableObject(this.stub, (_, state) => state.storage.getAlarm());
  }

  /** Runs the alarm for as long as it is due. */
  async alarms(): Promise<void> {
    for (let runs = 0; runs < 20; runs++) {
      const at = await this.alarmAt();
      if (at === null || at > Date.now()) return;
      await this.alarm();
    }
    throw new Error("the alarm is due again and again");
  }

  rows(statement: string): Promise<Json[]> {
    return runInDurableObject(this.stub, (_, state) => state.storage.sql.exec(statement).toArray());
  }
}
