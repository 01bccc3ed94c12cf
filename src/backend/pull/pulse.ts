/** The rhythm of a worker that polls: heartbeats when nothing else was said, and looks after what it holds. */

import { MAX_BATCH } from "../../limits.ts";
import { PriniaError } from "../../task/errors.ts";
import type { LostLease } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { PollPort } from "../poll-port.ts";
import { isPassing } from "../reports.ts";
import { type Held, lostReason } from "./lost-lease.ts";
import type { PollSession } from "./session.ts";

export interface PulsePorts {
  readonly port: PollPort;
  readonly clock: Clock;
  /** Sessions that must stay alive, and are not kept so by a poll. */
  readonly silent: () => readonly PollSession[];
  readonly sessions: () => readonly PollSession[];
  /** Whether nothing is to be sent now. `resumed` is called when that is over. */
  readonly isPaused: () => boolean;
  readonly answered: (session: PollSession) => void;
  /** The queue does not know the session any more. */
  readonly forgotten: (session: PollSession) => void;
  readonly failed: (error: unknown) => void;
  readonly lose: (lost: LostLease) => void;
}

export class Pulse {
  readonly #ports: PulsePorts;
  #cancel: (() => void) | undefined;
  #thirdMs = 0;
  #mayLook: boolean;

  constructor(ports: PulsePorts) {
    this.#ports = ports;
    // Where the queue tells of what is lost, nobody needs to look.
    this.#mayLook = ports.port.onLost === undefined;
  }

  /** Begins, or goes on by another deadline. */
  start(orphanAfterMs: number): void {
    const thirdMs = Math.max(1, Math.floor(orphanAfterMs / 3));
    if (thirdMs === this.#thirdMs) return;
    this.#thirdMs = thirdMs;
    this.#next();
  }

  stop(): void {
    this.#cancel?.();
    this.#thirdMs = 0;
  }

  /** Sends what could not be sent. */
  resumed(): void {
    if (this.#thirdMs > 0) this.#beat();
  }

  #next(): void {
    this.#cancel?.();
    this.#cancel = this.#ports.clock.timer(this.#thirdMs, () => {
      // The next is set first: an answer that does not come must not stop the pulse.
      this.#next();
      if (this.#ports.isPaused()) return;
      this.#beat();
      if (this.#mayLook) for (const session of this.#ports.sessions()) void this.#look(session);
    });
  }

  /** Whoever was silent for half of the time between two beats would else be so for more than all of it. */
  #beat(): void {
    const silentSince = this.#ports.clock.now() - this.#thirdMs / 2;
    for (const session of this.#ports.silent()) if (session.heardAt <= silentSince) void this.#say(session);
  }

  async #say(session: PollSession): Promise<void> {
    const { port, answered, forgotten, failed } = this.#ports;
    try {
      const { orphanAfterMs } = await port.heartbeat(session.ref);
      if (this.#thirdMs > 0) this.start(orphanAfterMs);
      answered(session);
    } catch (error) {
      if (error instanceof PriniaError && error.code === "worker_not_found") forgotten(session);
      else failed(error);
    }
  }

  /** Asks what became of all that is held. */
  async #look(session: PollSession): Promise<void> {
    const held = [...session.held];
    try {
      for (let from = 0; from < held.length; from += MAX_BATCH)
        await this.#lookAt(session, held.slice(from, from + MAX_BATCH));
    } catch (error) {
      // Who may work need not be allowed to look; a lost lease then shows at the next report of it.
      if (!isPassing(error)) this.#mayLook = false;
    }
  }

  async #lookAt(session: PollSession, held: readonly Held[]): Promise<void> {
    const { results, unknown } = await this.#ports.port.status(held.map(({ id }) => id));
    const found = new Map(results.map((result) => [result.id, result]));
    const missing = new Set(unknown);
    for (const one of held) {
      const result = found.get(one.id);
      const reason = result ? lostReason(one, result) : missing.has(one.id) ? "cancelled" : undefined;
      // It may have ended while the answer was on its way.
      if (reason && session.holds(one.lease)) this.#ports.lose({ id: one.id, lease: one.lease, reason });
    }
  }
}
