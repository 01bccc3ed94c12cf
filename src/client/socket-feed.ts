/** A worker's side of a queue over a socket: it is sent tasks by its credit, and goes on after every break. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import { Intake } from "../backend/intake.ts";
import type { Feed, QueuePort } from "../backend/port.ts";
import { Beats } from "../backend/pull/beats.ts";
import { isEnd, released } from "../backend/report.ts";
import { Reports } from "../backend/reports.ts";
import { Timer } from "../backend/timer.ts";
import { CONNECT_TIMEOUT_MS, MAX_CREDIT } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { PASSING_CODES, PriniaError } from "../task/errors.ts";
import type { HolderEvent, LostLease } from "../task/task.ts";
import type { LeasedTaskView } from "../task/view.ts";
import type { Channel, Speaker } from "./channel.ts";
import { type Closing, supersededBy } from "./closing.ts";
import { Departure } from "./departure.ts";
import { LastWords } from "./last-words.ts";
import { Reporter } from "./reporter.ts";

type Of<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

export interface SocketFeedOptions {
  readonly worker: WorkerContext;
  readonly channel: Channel;
  readonly clock: Clock;
  /** The worker has left the channel. */
  readonly ended: () => void;
  /** Reports without a socket. */
  readonly tell: QueuePort["events"];
}

export class SocketFeed implements Feed, Speaker {
  readonly #worker: WorkerContext;
  readonly #channel: Channel;
  readonly #intake: Intake;
  readonly #reports: Reports;
  readonly #reporter: Reporter;
  readonly #departure: Departure;
  readonly #lastWords: LastWords;
  readonly #beats = new Beats();
  /** For the answer to the registration. */
  readonly #timer: Timer;
  readonly #ended: () => void;
  #phase: "new" | "waiting" | "introduced" | "registered" | "ended" = "new";
  #session: string | undefined;
  #isSuperseded = false;

  constructor({ worker, channel, clock, ended, tell }: SocketFeedOptions) {
    this.#worker = worker;
    this.#channel = channel;
    this.#ended = ended;
    this.#timer = new Timer(clock);
    this.#intake = new Intake(worker, () => this.#changed());
    this.#reports = new Reports({ emit: (event) => worker.emit(event), lost: (lease) => this.#lose(lease) });
    this.#lastWords = new LastWords(this.#reports, tell);
    this.#reporter = new Reporter({
      reports: this.#reports,
      intake: this.#intake,
      clock,
      send: (text) => channel.send(text),
      answered: () => this.#departure.look(),
    });
    this.#departure = new Departure({
      clock,
      isKnown: () => this.#session !== undefined || this.#phase === "introduced",
      isWithdrawn: () => this.#reporter.isWithdrawn,
      isSaid: () => this.#reports.outbox.isEmpty,
      isIdle: () => this.#intake.isEmpty,
      withdraw: () => this.#withdrawNow(),
      goodbye: () => this.#phase === "registered" && channel.sendLast(`{"type":"goodbye"}`),
      finish: () => this.#end(),
    });
  }

  tasks(): AsyncIterableIterator<LeasedTaskView<unknown> | null> {
    this.#begin();
    return this.#intake.stream(() => this.#departure.withdraw());
  }

  beats(): AsyncIterableIterator<void> {
    this.#begin();
    return this.#beats.stream(async () => {
      this.#intake.close();
      await this.#departure.leave();
      if (this.#isSuperseded) await this.#lastWords.say();
    });
  }

  report(event: HolderEvent): void {
    if (this.#phase === "ended" && !this.#isSuperseded) return;
    this.#reports.add(event);
    if (isEnd(event)) this.#intake.ended(event.lease);
    if (this.#isSuperseded) void this.#lastWords.say();
    else this.#reporter.schedule();
  }

  // What the channel asks and tells.

  get isBusy(): boolean {
    return this.#phase !== "new" && this.#phase !== "ended";
  }

  opened(): void {
    this.#phase = "introduced";
    this.#timer.set(CONNECT_TIMEOUT_MS, () => this.#channel.reset("no answer to the registration"));
    const { id, autoStart, layers } = this.#worker;
    const credit = this.#intake.room;
    this.#intake.grant(credit);
    // What is here is not taken twice should it come again; what has ended would be, and so is named first.
    const held = [...this.#held].slice(0, MAX_CREDIT);
    const frame = { type: "register", worker: id, session: this.#session, credit, held, autoStart };
    this.#channel.send(JSON.stringify(layers.length > 0 ? { ...frame, layers } : frame));
  }

  frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "registered":
        this.#welcomed(frame);
        break;
      case "tasks":
        this.#intake.arrived(frame.tasks as readonly LeasedTaskView<unknown>[]);
        this.#changed();
        break;
      case "answer":
        if ("events" in frame) this.#reporter.answered(frame.ref, frame.events);
        break;
      case "lost":
        for (const lost of frame.leases) this.#lose(lost);
        break;
      case "credit":
        this.#reporter.withdrawn();
        this.#departure.look();
        this.#changed();
        break;
      case "idle":
        this.#intake.idle();
        break;
      case "error":
        this.#refusedFrame(frame);
        break;
      default:
      // Of others on the socket, or of a newer server.
    }
  }

  alive(): void {
    this.#beats.beat();
  }

  gone(closing: Closing): void {
    this.#phase = "waiting";
    this.#timer.clear();
    this.#reporter.broken();
    const error = supersededBy(closing, this.#worker.id);
    if (error) this.refused(error);
    else this.#departure.broken();
  }

  pausing(retryMs: number, { code, reason }: Closing): void {
    this.#worker.emit({ type: "break", reason: reason || `the socket was closed with ${code}`, retryMs });
  }

  refused(error: PriniaError): void {
    // It may not claim any more, but still end what it runs.
    this.#isSuperseded = error.code === "superseded";
    this.#intake.fail(error);
    this.#beats.fail(error);
    this.#end();
    if (!this.#isSuperseded) return;
    this.#giveBack();
    void this.#lastWords.say();
  }

  #begin(): void {
    if (this.#phase !== "new") return;
    this.#phase = "waiting";
    this.#channel.join(this, true);
    this.#channel.need();
  }

  /** Leases of all that is here, or of which something is still to be said. */
  get #held(): ReadonlySet<string> {
    return new Set([...this.#reports.outbox.leases(), ...this.#intake.leases()]);
  }

  #welcomed({ worker, session, orphanAfterMs, resumed }: Of<"registered">): void {
    this.#phase = "registered";
    this.#timer.clear();
    const isResumed = session === this.#session;
    this.#session = session;
    this.#channel.beat(orphanAfterMs);
    this.#worker.emit({ type: "start", worker, resumed: isResumed });
    const held = this.#held;
    // Those that are not held here come again as tasks, within the credit: not when there will be none.
    if (!this.#takes) for (const one of resumed) if (!held.has(one.lease)) this.#reports.outbox.add(released(one));
    this.#reporter.opened();
    this.#changed();
  }

  /** What waits for a slot of a paused worker would wait for nobody knows how long: it goes back, and burns nothing. */
  get #takes(): boolean {
    return this.#intake.isOpen && this.#worker.state !== "paused";
  }

  /** There is more room, or the worker has paused, gone on or stopped. */
  #changed(): void {
    if (this.#phase !== "registered") return;
    if (this.#takes) this.#reporter.grant();
    else this.#withdraw();
  }

  #withdraw(): void {
    this.#giveBack();
    this.#reporter.withdraw();
  }

  #giveBack(): void {
    for (const task of this.#intake.unqueue()) this.#reports.outbox.add(released(task));
  }

  #withdrawNow(): void {
    this.#channel.hurry();
    if (this.#phase === "registered") this.#withdraw();
  }

  #lose(lost: LostLease): void {
    this.#reports.outbox.drop(lost.lease);
    if (this.#intake.hands.has(lost.lease)) this.#worker.lose(lost);
    else this.#intake.unqueue(lost.lease);
    this.#changed();
  }

  #refusedFrame({ ref, ...fields }: Of<"error">): void {
    const error = new PriniaError(fields);
    if (ref !== undefined) this.#reporter.refused(ref, error);
    // Else it is the registration. A token that has ended is told by the close that follows: there may be a new one.
    else if (this.#phase !== "introduced" || error.code === "unauthorized") return;
    else if (PASSING_CODES.has(error.code)) this.#channel.reset(error.message);
    else this.refused(error);
  }

  /** The worker has left, or was turned out: what is left of its registration goes with the socket. */
  #end(): void {
    if (this.#phase === "ended") return;
    const wasRegistered = this.#phase === "registered";
    this.#phase = "ended";
    this.#timer.clear();
    this.#reporter.close();
    this.#intake.close();
    this.#intake.forget();
    this.#beats.close();
    this.#departure.end();
    this.#channel.leave(this);
    if (wasRegistered) this.#channel.reset("the worker has left");
    this.#ended();
  }
}
