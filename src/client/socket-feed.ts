/** A worker's side of one partition over a socket: it is sent tasks by its credit, and goes on after every break. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import { Intake } from "../backend/intake.ts";
import type { QueuePort } from "../backend/port.ts";
import { released } from "../backend/report.ts";
import { Timer } from "../backend/timer.ts";
import { CONNECT_TIMEOUT_MS, MAX_CREDIT } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { PASSING_CODES, PriniaError } from "../task/errors.ts";
import type { HolderEvent } from "../task/task.ts";
import type { LeasedTaskView } from "../task/view.ts";
import type { Channel, Speaker } from "./channel.ts";
import { type Closing, supersededBy } from "./closing.ts";
import { Departure } from "./departure.ts";
import { Holding } from "./holding.ts";
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
  readonly hold: Holding;
  readonly #worker: WorkerContext;
  readonly #channel: Channel;
  readonly #departure: Departure;
  readonly #spread: Spread;
  /** For the answer to the registration. */
  readonly #timer: Timer;
  #phase: "new" | "waiting" | "introduced" | "registered" | "ended" = "new";
  #session: string | undefined;

  constructor({ worker, channel, clock, tell, spread }: SocketFeedOptions) {
    this.#worker = worker;
    this.#channel = channel;
    this.#spread = spread;
    this.#timer = new Timer(clock);
    const changed = () => this.#changed();
    const intake = new Intake(worker, changed, () => spread.most(this), spread.bell);
    this.hold = new Holding({
      ...{ worker, clock, tell, intake, changed },
      send: (text) => channel.send(text),
      answered: () => this.#departure.look(),
    });
    const { reporter, reports } = this.hold;
    this.#departure = new Departure({
      clock,
      isKnown: () => this.#session !== undefined || this.#phase === "introduced",
      isWithdrawn: () => reporter.isWithdrawn,
      isSaid: () => reports.outbox.isEmpty,
      isIdle: () => intake.isEmpty,
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

  /** Takes no more; resolves once that was said. */
  withdraw(): Promise<void> {
    this.hold.intake.close();
    return this.#departure.withdraw();
  }

  /** Resolves once all was said, and goodbye. */
  async leave(): Promise<void> {
    this.hold.intake.close();
    await this.#departure.leave();
    if (this.hold.isTurnedOut) await this.hold.sayLast();
  }

  report(event: HolderEvent): void {
    if (this.#phase !== "ended" || this.hold.isTurnedOut) this.hold.report(event);
  }

  // What the channel asks and tells.

  get isBusy(): boolean {
    return this.#phase !== "new" && this.#phase !== "ended";
  }

  opened(): void {
    this.#phase = "introduced";
    this.hold.isDry = false;
    this.hold.isBroken = false;
    this.#spread.changed();
    this.#timer.set(CONNECT_TIMEOUT_MS, () => this.#channel.reset("no answer to the registration"));
    const { id, autoStart, layers } = this.#worker;
    const { intake, leases } = this.hold;
    const credit = intake.room;
    intake.grant(credit);
    // What is here is not taken twice should it come again; what has ended would be, and so is named first.
    const held = [...leases].slice(0, MAX_CREDIT);
    const frame = { type: "register", worker: id, session: this.#asked, credit, held, autoStart };
    this.#channel.send(JSON.stringify(layers.length > 0 ? { ...frame, layers } : frame));
  }

  frame(frame: ServerFrame): void {
    const { hold } = this;
    switch (frame.type) {
      case "registered":
        this.#welcomed(frame);
        break;
      case "tasks":
        hold.isDry = false;
        hold.intake.arrived(frame.tasks as readonly LeasedTaskView<unknown>[]);
        this.#changed();
        break;
      case "answer":
        if ("events" in frame) hold.reporter.answered(frame.ref, frame.events);
        break;
      case "lost":
        for (const lost of frame.leases) hold.lose(lost);
        break;
      case "credit":
        hold.reporter.withdrawn();
        this.#departure.look();
        this.#changed();
        break;
      case "idle":
        hold.isDry = true;
        hold.intake.idle();
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
    this.hold.isBroken = true;
    this.#timer.clear();
    this.hold.reporter.broken();
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
    this.hold.intake.fail(error);
    this.#spread.life.fail(error);
    if (error.code === "superseded") this.turnOut();
    else this.#end();
  }

  /** It may not claim any more, but still end what it runs. */
  turnOut(): void {
    this.hold.isTurnedOut = true;
    this.#end();
    this.hold.giveBack();
    void this.hold.sayLast();
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
    const { leases, takes, reports, reporter } = this.hold;
    // Those that are not held here come again as tasks, within the credit: not when there will be none.
    if (!takes) for (const one of resumed) if (!leases.has(one.lease)) reports.outbox.add(released(one));
    reporter.opened();
    this.#spread.registered(frame);
    this.#changed();
  }

  /** All partitions know the worker by the session that the first gave it. */
  get #asked(): string | undefined {
    return this.#session ?? this.#spread.session;
  }

  /** There is more room, or the worker has paused, gone on or stopped. */
  #changed(): void {
    this.#spread.changed();
    if (this.#phase === "registered") this.hold.settle();
  }

  #withdrawNow(): void {
    this.#channel.hurry();
    if (this.#phase === "registered") this.hold.withdraw();
  }

  #refusedFrame({ ref, ...fields }: Of<"error">): void {
    const error = new PriniaError(fields);
    if (ref !== undefined) this.hold.reporter.refused(ref, error);
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
    const { reporter, intake } = this.hold;
    reporter.close();
    intake.close();
    intake.forget();
    this.#departure.end();
    this.#channel.leave(this);
    if (wasRegistered) this.#channel.reset("the worker has left");
    this.#spread.ended();
  }
}
