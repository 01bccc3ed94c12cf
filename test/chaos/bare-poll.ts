/** A worker that polls over HTTP, without the SDK: its acks travel with the next poll, and again until they are answered. */

import { setTimeout as sleep } from "node:timers/promises";
import { type BareOptions, begun, eventOf, type WireTask } from "./bare.ts";
import { tappedFetch, type WireEvent } from "./wiretap.ts";

const MOST = 4;
const WAIT_MS = 1_500;
/** A request that is not answered after so much more time is given up. */
const PATIENCE_MS = 1_500;
const PAUSE_MS = 150;
const MOST_TRIES = 20;

interface Body {
  readonly code?: string;
  readonly session?: string;
  readonly tasks?: readonly WireTask[];
}

export class BarePollWorker {
  readonly #options: BareOptions;
  #session: string | undefined;
  /** Ends that no answer came for yet. */
  #events: readonly WireEvent[] = [];
  /** A poll was not answered: the session may hold tasks that nobody knows of, and would keep as long as it is heard. */
  #isDoubtful = false;
  #isStopped = false;
  readonly #loop: Promise<void>;

  constructor(options: BareOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** Ends once all that it held is answered, or nobody answers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
    for (let tries = 0; tries < MOST_TRIES && !(await this.#settle()); tries++) await sleep(PAUSE_MS);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const isSettled = !this.#isDoubtful || (await this.#settle());
      const body = isSettled ? await this.#poll() : undefined;
      if (body) await this.#work(body.tasks ?? []);
      else await sleep(PAUSE_MS);
    }
  }

  async #poll(): Promise<Body | undefined> {
    const { worker } = this.#options;
    const session = this.#session === undefined ? {} : { session: this.#session };
    const request = { worker, ...session, max: MOST, waitMs: WAIT_MS, events: this.#events };
    const body = await this.#call("POST", "/poll", request, WAIT_MS + PATIENCE_MS);
    this.#isDoubtful = body === undefined;
    if (body?.code === "worker_not_found") this.#session = undefined;
    if (body === undefined || body.code !== undefined) return undefined;
    this.#session = body.session ?? this.#session;
    this.#events = [];
    return body;
  }

  /** Reports what is left, and says goodbye: what the session holds without our knowledge goes back. */
  async #settle(): Promise<boolean> {
    const { worker } = this.#options;
    if (this.#events.length > 0) {
      const answer = await this.#call("POST", "/events", { events: this.#events }, PATIENCE_MS);
      if (!answer || answer.code !== undefined) return false;
      this.#events = [];
    }
    // The first poll was never answered: its session is taken over, so that its name can be left.
    this.#session ??= (await this.#call("POST", "/workers", { worker }, PATIENCE_MS))?.session;
    if (this.#session === undefined) return false;
    const gone = await this.#call("DELETE", `/workers/${worker}`, { session: this.#session }, PATIENCE_MS);
    if (!gone || (gone.code !== undefined && gone.code !== "worker_not_found")) return false;
    this.#session = undefined;
    this.#isDoubtful = false;
    return true;
  }

  /** @returns nothing when no answer came, or one of a server in trouble */
  async #call(method: string, below: string, body: object, patienceMs: number): Promise<Body | undefined> {
    const { url, queue } = this.#options;
    try {
      const response = await tappedFetch(`${url}/v1/queues/${queue}${below}`, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(patienceMs),
      });
      return response.status >= 500 ? undefined : ((await response.json()) as Body);
    } catch {
      return undefined;
    }
  }

  async #work(tasks: readonly WireTask[]): Promise<void> {
    this.#events = await Promise.all(
      tasks.map(async (task) => {
        await begun(this.#options, task);
        return eventOf(this.#options, task, true);
      }),
    );
  }
}
