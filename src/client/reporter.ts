/** Sends what a worker has to say: what comes together in one frame, with the credit that it frees. */

import { MAX_RETRY_PAUSE_MS } from "../limits.ts";
import type { EventAnswer, LostLease } from "../task/task.ts";
import { type ErrorFields, PASSING_CODES, PriniaError, type PriniaErrorCode } from "../task/errors.ts";
import { Outbox, type Sent } from "./outbox.ts";
import { killed, type Report } from "./report.ts";
import type { Slots } from "./slots.ts";
import { Timer } from "../backend/timer.ts";
import type { WorkerEvent } from "./worker-events.ts";

export interface ReporterPorts {
  readonly slots: Slots;
  send(text: string): void;
  emit(event: WorkerEvent): void;
  /** An answer says that a lease is not ours any more. */
  lost(lease: LostLease): void;
  /** Answers came: perhaps all is said. */
  answered(): void;
}

const GONE: ReadonlySet<PriniaErrorCode> = new Set(["lease_lost", "task_not_found"]);

export class Reporter {
  readonly #ports: ReporterPorts;
  readonly #outbox = new Outbox();
  #open = false;
  readonly #timer = new Timer();

  constructor(ports: ReporterPorts) {
    this.#ports = ports;
  }

  /** Whether everything was said, and answered. */
  get isEmpty(): boolean {
    return this.#outbox.isEmpty;
  }

  /** Leases whose end is not known to have arrived. */
  leases(): string[] {
    return this.#outbox.leases();
  }

  add(report: Report): void {
    this.#outbox.add(report);
    this.schedule();
  }

  /**
   * Sends soon. A microtask would gather only what one handler says: handlers end in separate turns of the event loop,
   * and it takes a timer to see the ends of one turn together.
   */
  schedule(ms = 0): void {
    if (!this.#timer.isSet) this.#timer.set(ms, () => this.flush());
  }

  /** Sends what is there, and grants what is free. */
  flush(): void {
    this.#timer.clear();
    if (!this.#open) return;
    const { slots, send } = this.#ports;
    do {
      const reports = this.#outbox.take();
      const credit = this.#outbox.hasMore ? 0 : slots.room;
      slots.grant(credit);
      if (reports.length > 0) send(this.#outbox.sent(reports, credit));
      else if (credit > 0) send(JSON.stringify({ type: "credit", credit }));
    } while (this.#outbox.hasMore);
  }

  /** The worker is registered on a new socket: what the old one left unanswered goes first. */
  opened(): void {
    this.#open = true;
    this.flush();
  }

  /** The socket is gone. */
  broken(): void {
    this.#open = false;
    this.#timer.clear();
    this.#outbox.rewind();
  }

  /** Forgets what is to be said of a lost lease. */
  drop(lease: string): void {
    this.#outbox.drop(lease);
  }

  answered(ref: string, answers: readonly EventAnswer[]): void {
    const reports = this.#outbox.answered(ref)?.reports ?? [];
    for (const [at, report] of reports.entries()) {
      const answer = answers[at];
      if (answer && "error" in answer) this.#rejected(report, answer.error as ErrorFields);
    }
    this.#ports.answered();
  }

  /** A frame of ours was refused as a whole. */
  refused(ref: string, error: PriniaError): void {
    const frame = this.#outbox.answered(ref);
    if (!frame) return;
    this.#ports.slots.grant(-frame.credit);
    // After `unauthorized` the socket closes, and all is said on the next.
    if (PASSING_CODES.has(error.code) || error.code === "unauthorized") {
      this.#outbox.unshift(frame.reports);
      this.schedule(MAX_RETRY_PAUSE_MS);
      return;
    }
    const faulty = faultyReport(frame, error);
    if (faulty) this.#outbox.unshift(frame.reports.filter((report) => report !== faulty));
    for (const report of faulty ? [faulty] : frame.reports) this.#rejected(report, error);
    this.schedule();
    this.#ports.answered();
  }

  /** One report was not taken. A result that is not taken must not leave its task running for ever. */
  #rejected(report: Report, fields: ErrorFields): void {
    const { type, id, lease } = report;
    this.#ports.emit({ type: "refused", id, error: new PriniaError(fields) });
    if (GONE.has(fields.code)) this.#ports.lost({ id, lease, reason: "orphaned" });
    else if (type === "ack" && !report.last)
      this.add(killed({ id, lease }, `The handler's result was refused: ${fields.detail}`));
  }
}

/** The report that a refusal points at, `events.3.result.ok`. */
function faultyReport({ reports }: Sent, { path }: PriniaError): Report | undefined {
  const at = /^events\.(\d+)/.exec(path ?? "")?.[1];
  return at === undefined ? undefined : reports[Number(at)];
}
