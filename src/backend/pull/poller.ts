/** Polls: one at a time, in a session that may claim. */

import { PriniaError } from "../../task/errors.ts";
import type { Clock } from "../clock.ts";
import type { WorkerContext } from "../context.ts";
import type { Intake } from "../intake.ts";
import type { PollPort } from "../poll-port.ts";
import type { PollStrategy } from "../poll-strategy.ts";
import { type Pace, paceOf } from "./pace.ts";
import { Round } from "./round.ts";
import type { PollSession } from "./session.ts";
import type { PollSessions } from "./sessions.ts";

export interface PollerPorts {
  readonly port: PollPort;
  readonly worker: WorkerContext;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly sessions: PollSessions;
  readonly strategy: PollStrategy | undefined;
  /** Whether a request of the session's reports is under way: they go in order. */
  readonly isSending: (session: PollSession) => boolean;
  /** A session was opened; `isNew`: it does not go on with what another one held. */
  readonly opened: (orphanAfterMs: number, isNew: boolean) => void;
  readonly polled: (session: PollSession) => void;
  readonly failed: (error: unknown) => void;
  /** The strategy has ended, or failed. */
  readonly over: (why?: { readonly error: unknown }) => void;
  /** Something else may be sent now. */
  readonly changed: () => void;
}

export class Poller {
  readonly #ports: PollerPorts;
  readonly #pace: Pace;
  #round: Round | undefined;
  #isOpening = false;
  /** A poll may have claimed tasks that nobody knows of. */
  #isDoubtful = false;

  constructor(ports: PollerPorts) {
    this.#ports = ports;
    const { strategy, worker, clock, changed, over } = ports;
    this.#pace = paceOf(strategy, { worker, clock, ready: changed, over });
  }

  /** The session of the poll under way. */
  get session(): PollSession | undefined {
    return this.#round?.session;
  }

  /** The session whose poll carries what must come before its other reports. */
  get first(): PollSession | undefined {
    return this.#round?.isFirst ? this.#round.session : undefined;
  }

  get isBusy(): boolean {
    return this.#isOpening || this.#round !== undefined;
  }

  /** Polls if it is time to, and there is room; opens a session where one is wanted. */
  take(mayPoll: boolean): void {
    const { sessions, intake, isSending } = this.#ports;
    const { current } = sessions;
    if (this.isBusy || !intake.isOpen) return;
    if (sessions.isWanted) void this.#open();
    else if (mayPoll && current && !isSending(current) && this.#pace.isReady && intake.room > 0)
      void this.#poll(current);
  }

  /** Breaks off the poll under way. */
  interrupt(): void {
    this.#round?.stop();
  }

  stop(): void {
    this.#pace.stop();
    this.interrupt();
  }

  async #open(): Promise<void> {
    const { sessions, opened, intake, failed, changed } = this.#ports;
    this.#isOpening = true;
    try {
      const { orphanAfterMs, isNew } = await sessions.open();
      opened(orphanAfterMs, isNew);
      if (intake.isOpen) this.#pace.start();
    } catch (error) {
      failed(error);
    } finally {
      this.#isOpening = false;
      changed();
    }
  }

  async #poll(session: PollSession): Promise<void> {
    const { sessions, polled, changed } = this.#ports;
    const round = new Round(session, { ...this.#ports, mayHold: this.#pace.holds && !this.#isDoubtful });
    this.#round = round;
    try {
      const count = await round.run();
      polled(session);
      if (count === undefined) return;
      this.#pace.polled(count, !round.isPrompt, round.tookMs);
      // The session may still claim. Another takes its place, so that goodbye can be said to what is in doubt.
      if (this.#isDoubtful) sessions.want();
      this.#isDoubtful = false;
    } catch (error) {
      await this.#failed(round, error);
    } finally {
      this.#round = undefined;
      changed();
    }
  }

  async #failed(round: Round, error: unknown): Promise<void> {
    const { worker, port, sessions, failed } = this.#ports;
    const code = error instanceof PriniaError ? error.code : "unreachable";
    const isUnanswered = round.wasStopped || code === "unreachable";
    if (isUnanswered && worker.autoStart && !port.isLocal) this.#isDoubtful = true;
    if (round.wasStopped) return;
    if (code !== "worker_not_found") failed(error);
    else await sessions.unknown(round.session).catch(failed);
  }
}
