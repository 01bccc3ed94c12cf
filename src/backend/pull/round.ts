/** One poll: what it asks for, the reports that go with it, and what is made of its answer. */

import { IDLE_AFTER_MS, MAX_BATCH, MAX_WAIT_MS } from "../../limits.ts";
import { PriniaError } from "../../task/errors.ts";
import type { HolderEvent } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { WorkerContext } from "../context.ts";
import type { Intake } from "../intake.ts";
import type { PollPort } from "../poll-port.ts";
import { isEnd } from "../report.ts";
import { isPassing } from "../reports.ts";
import type { PollSession } from "./session.ts";

export interface RoundPorts {
  readonly port: PollPort;
  readonly worker: WorkerContext;
  readonly clock: Clock;
  readonly intake: Intake;
  /** Whether the queue may hold the poll until there is a task. */
  readonly mayHold: boolean;
}

export class Round {
  readonly session: PollSession;
  /** Whether it is answered at once. What must not wait for 25 s goes with such a poll alone. */
  readonly isPrompt: boolean;
  /** Whether it carries what comes before other reports: these must wait for its answer. */
  readonly isFirst: boolean;
  readonly #ports: RoundPorts;
  readonly #stop = new AbortController();
  readonly #began: number;
  readonly #events: readonly HolderEvent[];
  readonly #ref: string | undefined;
  #isIdle = false;

  constructor(session: PollSession, ports: RoundPorts) {
    this.session = session;
    this.#ports = ports;
    this.#began = ports.clock.now();
    const { outbox } = session.reports;
    const reports = outbox.take();
    // A start may be refused, and then its handler must stop; how a task ended can wait.
    this.isFirst = !reports.every(isEnd);
    this.isPrompt = !ports.mayHold || outbox.hasMore || this.isFirst;
    this.#events = reports.map(({ event }) => event);
    this.#ref = reports.length > 0 ? outbox.sent(reports) : undefined;
  }

  get wasStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  get tookMs(): number {
    return this.#ports.clock.now() - this.#began;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** @returns how many tasks came; nothing when a report was to blame, and nothing was claimed */
  async run(): Promise<number | undefined> {
    const { intake, port, worker, clock } = this.#ports;
    const max = Math.min(intake.room, MAX_BATCH);
    intake.grant(max);
    // A queue in this process would have answered by now.
    const cancel = this.isPrompt ? undefined : clock.timer(port.isLocal ? 0 : IDLE_AFTER_MS, () => this.#idle());
    try {
      const { tasks, events } = await port.poll(
        {
          ...this.session.ref,
          max,
          waitMs: this.isPrompt ? 0 : MAX_WAIT_MS,
          autoStart: worker.autoStart,
          events: this.#events,
        },
        this.#stop.signal,
      );
      if (this.#ref !== undefined) this.session.reports.answered(this.#ref, events);
      this.session.took(tasks);
      intake.arrived(tasks);
      if (tasks.length === 0) this.#idle();
      return tasks.length;
    } catch (error) {
      if (!this.#isReports(error)) throw error;
      return undefined;
    } finally {
      cancel?.();
      intake.revoke();
    }
  }

  /** Whether a poll was refused for what it carried. If not, that is sent again. */
  #isReports(error: unknown): boolean {
    if (this.#ref === undefined) return false;
    const { reports } = this.session;
    const isRefusal = error instanceof PriniaError && !isPassing(error);
    if (isRefusal && (error.code === "payload_too_large" || error.path?.startsWith("events"))) {
      reports.refused(this.#ref, error);
      return true;
    }
    reports.outbox.back(this.#ref);
    return false;
  }

  /** Once. */
  #idle(): void {
    if (!this.#isIdle) this.#ports.intake.idle();
    this.#isIdle = true;
  }
}
