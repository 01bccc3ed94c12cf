/** A worker's side of a queue that is polled: one poll at a time, reports along with it or on their own. */

import { FLUSH_TIMEOUT_MS, GOODBYE_TIMEOUT_MS } from "../limits.ts";
import type { HolderEvent, LostLease } from "../task/task.ts";
import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import { Intake } from "./intake.ts";
import type { PollPort } from "./poll-port.ts";
import type { Feed, FeedOptions } from "./port.ts";
import { Beats } from "./pull/beats.ts";
import { Courier } from "./pull/courier.ts";
import { Line } from "./pull/line.ts";
import { News } from "./pull/news.ts";
import { Poller } from "./pull/poller.ts";
import { Pulse } from "./pull/pulse.ts";
import type { PollSession } from "./pull/session.ts";
import { PollSessions } from "./pull/sessions.ts";
import { isEnd } from "./report.ts";
import { isPassing } from "./reports.ts";

export type { PollAnswer, PollPort, PollRequest, SessionRef } from "./poll-port.ts";

export interface PullOptions extends FeedOptions {
  /** From 0 to 1, for pauses. */
  readonly random?: (() => number) | undefined;
}

/**
 * All that is sent goes through `#turn`, which runs soon after anything has changed: so what changes together is seen
 * together, and goes together.
 */
export class PullFeed implements Feed {
  readonly #port: PollPort;
  readonly #worker: WorkerContext;
  readonly #clock: Clock;
  readonly #news: News;
  readonly #intake: Intake;
  readonly #line: Line;
  readonly #sessions: PollSessions;
  readonly #courier: Courier;
  readonly #poller: Poller;
  readonly #pulse: Pulse;
  readonly #beats = new Beats();
  #isPolled = false;
  #isWatched = false;
  #closing: Promise<void> | undefined;
  #hasEnded = false;
  #soon: (() => void) | undefined;

  constructor(port: PollPort, worker: WorkerContext, { strategy, clock, random = Math.random }: PullOptions) {
    this.#port = port;
    this.#worker = worker;
    this.#clock = clock;
    this.#news = new News(clock);
    this.#intake = new Intake(worker, () => this.#roomChanged());
    const lose = (lost: LostLease) => this.#lose(lost);
    const answered = (session: PollSession) => this.#answered(session);
    const forgotten = (session: PollSession) => this.#sessions.forgotten(session);
    const failed = (error: unknown) => this.#failed(error);
    this.#line = new Line({ clock, random, emit: (event) => worker.emit(event), resumed: () => this.#resumed() });
    this.#sessions = new PollSessions({ port, worker, clock, lost: lose });
    this.#courier = new Courier({
      ...{ port, answered, forgotten, done: () => this.#gather() },
      failed: (error) => {
        // A token that is refused may be renewed while the last handlers run.
        if (!isPassing(error)) this.#line.pause(error);
        this.#failed(error);
      },
    });
    this.#pulse = new Pulse({
      ...{ port, clock, lose, forgotten, failed },
      silent: () => this.#sessions.all.filter((session) => session.isKnown && session !== this.#poller.session),
      sessions: () => this.#sessions.all,
      isPaused: () => this.#line.isPaused,
      answered: (session) => {
        this.#answered(session);
        this.#beats.beat();
      },
    });
    this.#poller = new Poller({
      ...{ port, worker, clock, strategy, failed, intake: this.#intake, sessions: this.#sessions },
      isSending: (session) => this.#courier.isBusyFor(session),
      opened: (orphanAfterMs, isNew) => this.#opened(orphanAfterMs, isNew),
      polled: (session) => this.#polled(session),
      over: (why) => this.#over(why),
      changed: () => this.#gather(),
    });
  }

  tasks(): ReturnType<Feed["tasks"]> {
    this.#isPolled = true;
    this.#gather();
    return this.#intake.stream(() => this.#leave());
  }

  report(event: HolderEvent): void {
    this.#sessions.of(event.lease)?.report(event);
    // A task that never reached its worker, which could not be decoded, frees its slot as well.
    if (isEnd(event)) this.#intake.ended(event.lease);
    this.#gather();
  }

  beats(): AsyncIterableIterator<void> {
    this.#isWatched = true;
    this.#gather();
    return this.#beats.stream(() => (this.#closing ??= this.#close()));
  }

  /** Has `#turn` run soon. */
  #gather(): void {
    if (this.#hasEnded) return;
    this.#soon ??= this.#clock.timer(0, () => {
      this.#soon = undefined;
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#hasEnded) return;
    if (!this.#line.isPaused) {
      this.#poller.take(this.#isPolled);
      for (const session of this.#sessions.all) {
        if (session !== this.#poller.first) void this.#courier.send(session);
      }
      for (const session of this.#sessions.takeOver()) void this.#port.goodbye(session.ref).catch(ignore);
    }
    this.#news.tell();
    // Where nobody watches the beats, nobody ends them either.
    if (this.#isPolled && !this.#isWatched && !this.#intake.isOpen && this.#isOver) this.#closing ??= this.#close();
  }

  #opened(orphanAfterMs: number, isNew: boolean): void {
    const wasBroken = this.#line.good();
    if (isNew || wasBroken) this.#worker.emit({ type: "start", worker: this.#worker.id, resumed: !isNew });
    if (this.#hasEnded) void this.#goodbyes();
    else this.#pulse.start(orphanAfterMs);
  }

  #polled(session: PollSession): void {
    this.#answered(session);
    this.#beats.beat();
    if (this.#worker.state !== "running" || !this.#intake.isOpen) this.#giveBack();
  }

  /** A request was answered: the queue is there, and knows that we are. */
  #answered(session: PollSession): void {
    session.heardAt = this.#clock.now();
    if (this.#line.good()) this.#worker.emit({ type: "start", worker: this.#worker.id, resumed: true });
  }

  /** A request failed: it is tried again, unless the worker is refused. */
  #failed(error: unknown): void {
    if (isPassing(error)) this.#line.broke(error);
    else this.#over({ error });
  }

  /** There will be no more polls. */
  #over(why?: { readonly error: unknown }): void {
    if (why) this.#intake.fail(why.error);
    else this.#intake.close();
    // A worker whose slots are full does not ask for tasks.
    if (why) this.#beats.fail(why.error);
    this.#stopPolling();
  }

  #resumed(): void {
    if (this.#hasEnded) return;
    this.#pulse.resumed();
    this.#gather();
  }

  #roomChanged(): void {
    if (this.#worker.state === "paused" || this.#worker.state === "stopped") {
      this.#poller.interrupt();
      this.#giveBack();
    }
    this.#gather();
  }

  #giveBack(): void {
    for (const { id, lease } of this.#intake.unqueue()) this.report({ type: "release", id, lease });
  }

  #lose(lost: LostLease): void {
    this.#sessions.of(lost.lease)?.lost(lost.lease);
    // What waits for a slot has no handler yet.
    if (this.#intake.unqueue(lost.lease).length === 0) this.#worker.lose(lost);
    this.#gather();
  }

  #stopPolling(): void {
    this.#poller.stop();
    this.#giveBack();
    this.#gather();
  }

  /** Takes no more, and gives back what waits. */
  async #leave(): Promise<void> {
    this.#intake.close();
    this.#stopPolling();
    this.#line.hurry();
    const isReturned = () => !this.#sessions.all.some(({ reports }) => reports.outbox.has("release"));
    await this.#news.until(() => !this.#poller.isBusy && isReturned(), FLUSH_TIMEOUT_MS);
  }

  /** Waits until all is said, says goodbye, and lets go of everything. */
  async #close(): Promise<void> {
    this.#intake.close();
    this.#stopPolling();
    this.#line.hurry();
    await this.#news.until(() => !this.#poller.isBusy && this.#isSaid, FLUSH_TIMEOUT_MS);
    this.#hasEnded = true;
    this.#pulse.stop();
    this.#line.end();
    this.#soon?.();
    this.#sessions.end();
    this.#intake.forget();
    this.#beats.close();
    let isSaid = false;
    void this.#goodbyes().then(() => {
      isSaid = true;
      this.#news.tell();
    });
    await this.#news.until(() => isSaid, GOODBYE_TIMEOUT_MS);
  }

  async #goodbyes(): Promise<void> {
    const known = this.#sessions.all.filter(({ isKnown }) => isKnown);
    await Promise.allSettled(known.map(({ ref }) => this.#port.goodbye(ref)));
  }

  get #isSaid(): boolean {
    return this.#sessions.all.every(({ reports }) => reports.outbox.isEmpty);
  }

  get #isOver(): boolean {
    return !this.#poller.isBusy && this.#sessions.all.every(({ isOver }) => isOver);
  }
}

const ignore = (): void => undefined;
