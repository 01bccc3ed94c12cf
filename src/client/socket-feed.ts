/** A worker's side of one partition over a socket: it is sent tasks by its credit, and goes on after every break. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import { Intake, type Taken } from "../backend/intake.ts";
import type { QueuePort } from "../backend/port.ts";
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
import type { Spread } from "./spread-feed.ts";

type Of<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

export interface SocketFeedOptions {
  readonly worker: WorkerContext;
  readonly channel: Channel;
  readonly clock: Clock;
  /** Reports without a socket. */
  readonly tell: QueuePort["events"];
  /** The feeds of all partitions together. */
  readonly spread: Spread;
}

export class SocketFeed implements Speaker {
  readonly #worker: WorkerContext;
  readonly #channel: Channel;
  readonly #intake: Intake;
  readonly #reports: Reports;
  readonly #reporter: Reporter;
  readonly #departure: Departure;
  readonly #lastWords: LastWords;
  readonly #spread: Spread;
  /** For the answer to the registration. */
  readonly #timer: Timer;
  #phase: "new" | "waiting" | "introduced" | "registered" | "ended" = "new";
  #session: string | undefined;
  /** It may not claim any more, but still ends what it runs. */
  #isTurnedOut = false;
  /** Nothing could be claimed when the server last looked. */
  isDry = false;
  /** Its socket is gone, and another one has not opened yet. */
  isBroken = false;

  constructor({ worker, channel, clock, tell, spread }: SocketFeedOptions) {
    this.#worker = worker;
    this.#channel = channel;
    this.#spread = spread;
    this.#timer = new Timer(clock);
    this.#intake = new Intake(
      worker,
      () => this.#changed(),
      () => spread.most(this),
      spread.bell,
    );
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

  /** Comes in, if it has not yet. */
  begin(): void {
    if (this.#phase !== "new") return;
    this.#phase = "waiting";
    this.#channel.join(this, true);
    this.#channel.need();
  }

  /** The next of the stream; nothing when that is to be waited for. @throws why the worker was refused */
  take(): Taken | undefined {
    return this.#intake.take();
  }

  /** Whether a task was handed over that has not ended. */
  holds(lease: string): boolean {
    return this.#intake.hands.has(lease);
  }

  /** Takes no more; resolves once that was said. */
  withdraw(): Promise<void> {
    this.#intake.close();
    return this.#departure.withdraw();
  }

  /** Resolves once all was said, and goodbye. */
  async leave(): Promise<void> {
    this.#intake.close();
    await this.#departure.leave();
    if (this.#isTurnedOut) await this.#lastWords.say();
  }

  /** Tasks that are here, credit that is out, and credit that was taken back when that is not certain yet. */
  get load(): number {
    return this.#intake.load + this.#reporter.withheld;
  }

  /** Credit that is out and can be used. */
  get granted(): number {
    return this.#intake.granted;
  }

  /** Grants what it may have. */
  grant(): void {
    if (this.#takes) this.#reporter.grant();
  }

  /** Takes credit back, to spread it anew. */
  recall(): void {
    this.#reporter.recall();
  }

  report(event: HolderEvent): void {
    if (this.#phase === "ended" && !this.#isTurnedOut) return;
    this.#reports.add(event);
    if (isEnd(event)) this.#intake.ended(event.lease);
    if (this.#isTurnedOut) void this.#lastWords.say();
    else this.#reporter.schedule();
  }

  // What the channel asks and tells.

  get isBusy(): boolean {
    return this.#phase !== "new" && this.#phase !== "ended";
  }

  opened(): void {
    this.#phase = "introduced";
    this.isDry = false;
    this.isBroken = false;
    this.#spread.changed();
    this.#timer.set(CONNECT_TIMEOUT_MS, () => this.#channel.reset("no answer to the registration"));
    const { id, autoStart, layers } = this.#worker;
    const credit = this.#intake.room;
    this.#intake.grant(credit);
    // What is here is not taken twice should it come again; what has ended would be, and so is named first.
    const held = [...this.#held].slice(0, MAX_CREDIT);
    const frame = { type: "register", worker: id, session: this.#asked, credit, held, autoStart };
    this.#channel.send(JSON.stringify(layers.length > 0 ? { ...frame, layers } : frame));
  }

  frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "registered":
        this.#welcomed(frame);
        break;
      case "tasks":
        this.isDry = false;
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
        this.isDry = true;
        this.#intake.idle();
        this.#spread.changed();
        break;
      case "error":
        this.#refusedFrame(frame);
        break;
      default:
      // Of others on the socket, or of a newer server.
    }
  }

  alive(): void {
    this.#spread.life.beat();
  }

  gone(closing: Closing): void {
    this.#phase = "waiting";
    this.isBroken = true;
    this.#timer.clear();
    this.#reporter.broken();
    const error = supersededBy(closing, this.#worker.id);
    if (error) this.refused(error);
    else this.#departure.broken();
    this.#spread.changed();
  }

  pausing(retryMs: number, { code, reason }: Closing): void {
    this.#worker.emit({ type: "break", reason: reason || `the socket was closed with ${code}`, retryMs });
  }

  refused(error: PriniaError): void {
    // When the queue has fewer partitions now, the worker goes on with the others.
    this.#spread.changed();
    if (!this.isBusy) return;
    this.#intake.fail(error);
    this.#spread.life.fail(error);
    if (error.code === "superseded") this.turnOut();
    else this.#end();
  }

  /** It may not claim any more, but still end what it runs. */
  turnOut(): void {
    this.#isTurnedOut = true;
    this.#end();
    this.#giveBack();
    void this.#lastWords.say();
  }

  /** Leases of all that is here, or of which something is still to be said. */
  get #held(): ReadonlySet<string> {
    return new Set([...this.#reports.outbox.leases(), ...this.#intake.leases()]);
  }

  #welcomed(frame: Of<"registered">): void {
    const { worker, session, orphanAfterMs, resumed } = frame;
    this.#phase = "registered";
    this.#timer.clear();
    const isResumed = session === this.#asked;
    // That a further partition takes the worker as well is no news.
    if (this.#session !== undefined || !isResumed) this.#worker.emit({ type: "start", worker, resumed: isResumed });
    this.#session = session;
    this.#channel.beat(orphanAfterMs);
    const held = this.#held;
    // Those that are not held here come again as tasks, within the credit: not when there will be none.
    if (!this.#takes) for (const one of resumed) if (!held.has(one.lease)) this.#reports.outbox.add(released(one));
    this.#reporter.opened();
    this.#spread.registered(frame);
    this.#changed();
  }

  /** All partitions know the worker by the session that the first gave it. */
  get #asked(): string | undefined {
    return this.#session ?? this.#spread.session;
  }

  /** What waits for a slot of a paused worker would wait for nobody knows how long: it goes back, and burns nothing. */
  get #takes(): boolean {
    return this.#intake.isOpen && this.#worker.state !== "paused";
  }

  /** There is more room, or the worker has paused, gone on or stopped. */
  #changed(): void {
    this.#spread.changed();
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
    this.#departure.end();
    this.#channel.leave(this);
    if (wasRegistered) this.#channel.reset("the worker has left");
    this.#spread.ended();
  }
}
