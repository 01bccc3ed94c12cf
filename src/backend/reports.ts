/** What a worker reports, and what it means when that is refused: alike for sockets and for polls. */

import { type ErrorFields, PASSING_CODES, PriniaError, type PriniaErrorCode } from "../task/errors.ts";
import type { EventAnswer, HolderEvent, LostLease } from "../task/task.ts";
import type { WorkerEvent } from "./context.ts";
import { Outbox, type Sent } from "./outbox.ts";
import { killed, type Report, reportOf } from "./report.ts";

export interface ReportsPorts {
  readonly emit: (event: WorkerEvent) => void;
  /** An answer says that a lease is not ours any more. */
  readonly lost: (lease: LostLease) => void;
}

const GONE: ReadonlySet<PriniaErrorCode> = new Set(["lease_lost", "task_not_found"]);

export class Reports {
  readonly #ports: ReportsPorts;
  readonly outbox = new Outbox();

  constructor(ports: ReportsPorts) {
    this.#ports = ports;
  }

  add(event: HolderEvent): void {
    this.outbox.add(reportOf(event));
  }

  /** A batch was answered, event by event. */
  answered(ref: string, answers: readonly EventAnswer[]): Sent | undefined {
    const batch = this.outbox.answered(ref);
    for (const [at, report] of (batch?.reports ?? []).entries()) {
      const answer = answers[at];
      if (answer && "error" in answer) this.#rejected(report, answer.error as ErrorFields);
    }
    return batch;
  }

  /**
   * A batch was refused as a whole, and nothing of it was applied. The report that the refusal points at is to blame; the
   * others are sent again.
   */
  refused(ref: string, error: PriniaError): Sent | undefined {
    const batch = this.outbox.answered(ref);
    if (!batch) return undefined;
    const faulty = faultyReport(batch, error);
    if (faulty) this.outbox.unshift(batch.reports.filter((report) => report !== faulty));
    for (const report of faulty ? [faulty] : batch.reports) this.#rejected(report, error);
    return batch;
  }

  /** One report was not taken. A result that is not taken must not leave its task running for ever. */
  #rejected(report: Report, fields: ErrorFields): void {
    const { type, id, lease } = report;
    this.#ports.emit({ type: "refused", id, error: new PriniaError(fields) });
    if (GONE.has(fields.code)) this.#ports.lost({ id, lease, reason: "orphaned" });
    else if (type === "ack" && !report.last)
      this.outbox.add(killed({ id, lease }, `The handler's result was refused: ${fields.detail}`));
  }
}

/** The report that a refusal points at, `events.3.result.ok`. */
function faultyReport({ reports }: Sent, { path }: PriniaError): Report | undefined {
  const at = /^events\.(\d+)/.exec(path ?? "")?.[1];
  return at === undefined ? undefined : reports[Number(at)];
}

/** Whether the same may well be taken later: no answer came, or one that has nothing to do with what was asked. */
export function isPassing(error: unknown): boolean {
  // What is no refusal of the queue is trouble on the way to it.
  if (!(error instanceof PriniaError)) return true;
  return error.code === "unreachable" || PASSING_CODES.has(error.code) || error.status === 429 || error.status >= 500;
}

/** Why a worker must not come back: another has its name. */
export function supersededError(worker: string): PriniaError {
  const detail = `Another worker took the name ${JSON.stringify(worker)}: give each its own, or leave \`id\` out.`;
  return new PriniaError({ code: "superseded", detail });
}
