/** What a worker has of one partition: tasks, credit, and what is still to be said of them. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import type { Intake } from "../backend/intake.ts";
import type { QueuePort } from "../backend/port.ts";
import { isEnd, released } from "../backend/report.ts";
import { Reports } from "../backend/reports.ts";
import type { HolderEvent, LostLease } from "../task/task.ts";
import { LastWords } from "./last-words.ts";
import { Reporter } from "./reporter.ts";
import type { Part } from "./shares.ts";

export interface HoldingPorts {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  /** Reports without a socket. */
  readonly tell: QueuePort["events"];
  readonly intake: Intake;
  readonly send: (text: string) => void;
  /** There may be more room. */
  readonly changed: () => void;
  /** Reports were answered: perhaps all is said. */
  readonly answered: () => void;
}

export class Holding implements Part {
  readonly intake: Intake;
  readonly reports: Reports;
  readonly reporter: Reporter;
  readonly #worker: WorkerContext;
  readonly #changed: () => void;
  readonly #lastWords: LastWords;
  isDry = false;
  isBroken = false;
  /** The worker may not claim any more, but still ends what it runs. */
  isTurnedOut = false;

  constructor({ worker, clock, tell, intake, send, changed, answered }: HoldingPorts) {
    this.#worker = worker;
    this.#changed = changed;
    this.intake = intake;
    const lost = (lease: LostLease) => this.lose(lease);
    this.reports = new Reports({ emit: (event) => worker.emit(event), lost });
    this.reporter = new Reporter({ reports: this.reports, intake, clock, send, answered });
    this.#lastWords = new LastWords(this.reports, tell);
  }

  get load(): number {
    return this.intake.load + this.reporter.withheld;
  }

  get granted(): number {
    return this.intake.granted;
  }

  /** Leases of all that is here, or of which something is still to be said. */
  get leases(): ReadonlySet<string> {
    return new Set([...this.reports.outbox.leases(), ...this.intake.leases()]);
  }

  /** What waits for a slot of a paused worker would wait for nobody knows how long: it goes back, and burns nothing. */
  get takes(): boolean {
    return this.intake.isOpen && this.#worker.state !== "paused";
  }

  report(event: HolderEvent): void {
    this.reports.add(event);
    if (isEnd(event)) this.intake.ended(event.lease);
    if (this.isTurnedOut) void this.sayLast();
    else this.reporter.schedule();
  }

  lose(lost: LostLease): void {
    this.reports.outbox.drop(lost.lease);
    if (this.intake.hands.has(lost.lease)) this.#worker.lose(lost);
    else this.intake.unqueue(lost.lease);
    this.#changed();
  }

  /** Grants what there is room for, or takes back all of it. */
  settle(): void {
    if (this.takes) this.reporter.grant();
    else this.withdraw();
  }

  withdraw(): void {
    this.giveBack();
    this.reporter.withdraw();
  }

  giveBack(): void {
    for (const task of this.intake.unqueue()) this.reports.outbox.add(released(task));
  }

  /** Says without a socket what is still to be said. */
  sayLast(): Promise<void> {
    return this.#lastWords.say();
  }
}
