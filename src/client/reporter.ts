/** Sends what a worker has to say: what comes together in one frame, with the credit that it frees. */

import type { Clock } from "../backend/clock.ts";
import type { Intake } from "../backend/intake.ts";
import { eventsText } from "../backend/report.ts";
import type { Reports } from "../backend/reports.ts";
import { Timer } from "../backend/timer.ts";
import { MAX_RETRY_PAUSE_MS } from "../limits.ts";
import { PASSING_CODES, type PriniaError } from "../task/errors.ts";
import type { EventAnswer } from "../task/task.ts";

export interface ReporterPorts {
  readonly reports: Reports;
  readonly intake: Intake;
  readonly clock: Clock;
  send(text: string): void;
  /** Answers came: perhaps all is said. */
  answered(): void;
}

/** What tells refs of a worker's frames from those of others on the same socket. */
const PREFIX = "e";

export class Reporter {
  readonly #ports: ReporterPorts;
  #open = false;
  /** Whether the server was told on this socket to send no more tasks. */
  #isWithdrawn = false;
  /** How often it was told so, or that there is none for now, and has not answered: what it sent before may still come. */
  #unanswered = 0;
  #withheld = 0;
  readonly #soon = new Timer();
  readonly #later: Timer;

  constructor(ports: ReporterPorts) {
    this.#ports = ports;
    this.#later = new Timer(ports.clock);
  }

  /**
   * Sends soon. A microtask would gather only what one handler says: handlers end in separate turns of the event loop,
   * and it takes a timer to see the ends of one turn together.
   */
  schedule(): void {
    if (!this.#soon.isSet && !this.#later.isSet) this.#soon.set(0, () => this.flush());
  }

  /** Sends what is there, and grants what is free. */
  flush(): void {
    this.#soon.clear();
    this.#later.clear();
    if (!this.#open) return;
    const { reports, intake } = this.#ports;
    const { outbox } = reports;
    do {
      const batch = outbox.take();
      const credit = !outbox.hasMore && this.#unanswered === 0 ? intake.room : 0;
      intake.grant(credit);
      if (batch.length > 0) this.#send(outbox.sent(batch, credit), eventsText(batch.map(({ event }) => event)), credit);
      else if (credit > 0) this.#ports.send(`{"type":"credit","credit":${credit}}`);
    } while (outbox.hasMore);
  }

  /** Whether the server has said that it sends no more tasks. */
  get isWithdrawn(): boolean {
    return this.#open && this.#isWithdrawn && this.#unanswered === 0;
  }

  /** Credit that was taken back, while tasks for it may still be on their way. */
  get withheld(): number {
    return this.#withheld;
  }

  /** Takes back what was granted. */
  withdraw(): void {
    this.flush();
    if (this.#isWithdrawn) return;
    this.#isWithdrawn = true;
    this.#take();
  }

  /** Takes back what was granted, to grant it anew once it is certain how much is left of it. */
  recall(): void {
    if (this.#open && this.#unanswered === 0) this.#take();
  }

  /** The server's answer to either. */
  withdrawn(): void {
    if (--this.#unanswered === 0) this.#withheld = 0;
  }

  /** Grants what is free, from now on. */
  grant(): void {
    this.#isWithdrawn = false;
    this.schedule();
  }

  /** The worker is registered on a new socket: what the old one left unanswered goes first. */
  opened(): void {
    this.#open = true;
    this.flush();
  }

  /** The socket is gone. */
  broken(): void {
    this.close();
    this.#isWithdrawn = false;
    this.#unanswered = 0;
    this.#withheld = 0;
    this.#ports.intake.revoke();
    this.#ports.reports.outbox.rewind();
  }

  close(): void {
    this.#open = false;
    this.#soon.clear();
    this.#later.clear();
  }

  answered(ref: string, answers: readonly EventAnswer[]): void {
    if (!ref.startsWith(PREFIX)) return;
    const { reports, answered } = this.#ports;
    reports.answered(ref.slice(PREFIX.length), answers);
    // In place of what was refused.
    if (reports.outbox.hasMore) this.schedule();
    answered();
  }

  /** A frame of ours was refused as a whole. */
  refused(prefixed: string, error: PriniaError): void {
    if (!prefixed.startsWith(PREFIX)) return;
    const ref = prefixed.slice(PREFIX.length);
    const { reports, intake } = this.#ports;
    // After `unauthorized` the socket closes, and all is said on the next.
    const isPassing = PASSING_CODES.has(error.code) || error.code === "unauthorized";
    const frame = isPassing ? reports.outbox.answered(ref) : reports.refused(ref, error);
    if (!frame) return;
    if (isPassing) reports.outbox.unshift(frame.reports);
    intake.grant(-frame.credit);
    if (isPassing) this.#later.set(MAX_RETRY_PAUSE_MS, () => this.flush());
    else this.schedule();
    this.#ports.answered();
  }

  /** All of it: tasks may be on their way, so that what is left on would come on top of them. */
  #take(): void {
    const { intake, send } = this.#ports;
    this.#unanswered++;
    this.#withheld += intake.granted;
    intake.revoke();
    send(`{"type":"credit","set":0}`);
  }

  #send(ref: string, events: string, credit: number): void {
    const tail = credit > 0 ? `,"credit":${credit}` : "";
    this.#ports.send(`{"type":"events","ref":"${PREFIX}${ref}","events":${events}${tail}}`);
  }
}
