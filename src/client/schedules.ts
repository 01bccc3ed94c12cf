/** Schedules of a queue, over requests: set, looked at, paused, run, deleted. */

import { jsonText } from "../backend/outgoing.ts";
import type { NewTask } from "../backend/task.ts";
import type { Missed, Overlap } from "../task/schedule.ts";
import type { Pushed } from "../task/task.ts";
import { type Fetcher, serverOf } from "./http.ts";
import { queuePath, Requests, type ServerOptions } from "./requests.ts";

/** What the task of each tick may be given: it is due at once, under the key of the tick. */
export type ScheduledTask<Args = unknown> = Omit<
  NewTask<Args>,
  "runAt" | "delayMs" | "idempotencyKey" | "idempotencyUntil"
>;

/** When its ticks are, and what each pushes. */
export interface NewSchedule<Args = unknown> {
  /** Five fields, or six with seconds first. Either this or `everyMs`. */
  readonly cron?: string;
  /** Of `cron`: a name of the IANA database; UTC when it is left out. */
  readonly timeZone?: string;
  /** From 1,000. */
  readonly everyMs?: number;
  /** No tick before this instant, from which an interval is counted, ms. */
  readonly startAt?: number;
  /** No tick after this instant, ms. */
  readonly endAt?: number;
  /** What becomes of ticks that are over by more than a minute when the queue gets to them; `one` when it is left out. */
  readonly missed?: Missed;
  /** What becomes of a tick while the task before is not yet Done or Killed; `allow` when it is left out. */
  readonly overlap?: Overlap;
  readonly paused?: boolean;
  readonly task: ScheduledTask<Args>;
}

/** A schedule as the queue has it. Instants in ms since the epoch. */
export interface Schedule<Args = unknown> extends NewSchedule<Args> {
  readonly name: string;
  readonly missed: Missed;
  readonly overlap: Overlap;
  readonly paused: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The last tick that became a task, or was skipped for the one before. */
  readonly lastAt?: number;
  /** The task of the last tick. */
  readonly lastTask?: string;
  /** Ticks that became tasks. */
  readonly ticks: number;
  /** Ticks that became none, since the task before was under way. */
  readonly skipped: number;
  /** The next five. */
  readonly next: readonly number[];
}

/**
 * The schedules of a queue. Args are JSON: a codec is for whoever pushes.
 *
 * @example
 * const nightly = new Schedules<{ report: string }>("reports", { url, token });
 * await nightly.put("sales", { cron: "30 2 * * *", timeZone: "Europe/Berlin", task: { args: { report: "sales" } } });
 */
export class Schedules<Args = unknown> {
  readonly #requests: Requests;
  readonly #path: string;

  /** @param server its address and token, or a service binding to it */
  constructor(queue: string, server: ServerOptions | Fetcher) {
    this.#requests = new Requests(serverOf(server));
    this.#path = `${queuePath(queue)}/schedules`;
  }

  /**
   * Makes a schedule, or sets it anew: no tick that was told comes again.
   *
   * @throws PriniaError `bad_request` at the field that makes no sense, `too_many_requests` when there are a hundred
   */
  put(name: string, schedule: NewSchedule<Args>): Promise<Schedule<Args>> {
    return this.#requests.call("PUT", this.#of(name), { body: jsonText(schedule) });
  }

  /** All of them, by name. */
  async list(): Promise<readonly Schedule<Args>[]> {
    return (await this.#requests.call<{ schedules: Schedule<Args>[] }>("GET", this.#path)).schedules;
  }

  /** @throws PriniaError `schedule_not_found` */
  get(name: string): Promise<Schedule<Args>> {
    return this.#requests.call("GET", this.#of(name));
  }

  /** @throws PriniaError `schedule_not_found` */
  pause(name: string): Promise<Schedule<Args>> {
    return this.#setPaused(name, true);
  }

  /**
   * Lets it go on with its next tick; those of the meantime are not made up for.
   *
   * @throws PriniaError `schedule_not_found`
   */
  resume(name: string): Promise<Schedule<Args>> {
    return this.#setPaused(name, false);
  }

  /**
   * Pushes its task now, beside its ticks.
   *
   * @throws PriniaError `schedule_not_found`; `unreachable` when no answer came: then it may have been pushed
   */
  run(name: string): Promise<Pushed> {
    return this.#requests.call("POST", `${this.#of(name)}/run`, { repeat: false });
  }

  /**
   * Deletes it; the tasks of its ticks stay.
   *
   * @throws PriniaError `schedule_not_found`
   */
  async delete(name: string): Promise<void> {
    await this.#requests.call("DELETE", this.#of(name));
  }

  #of(name: string): string {
    return `${this.#path}/${encodeURIComponent(name)}`;
  }

  #setPaused(name: string, paused: boolean): Promise<Schedule<Args>> {
    return this.#requests.call("PATCH", this.#of(name), { body: JSON.stringify({ paused }) });
  }
}
