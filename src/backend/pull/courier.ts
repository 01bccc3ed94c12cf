/** Sends reports that no poll carries: one request a session at a time, in order. */

import { PriniaError } from "../../task/errors.ts";
import type { PollPort } from "../poll-port.ts";
import { isPassing } from "../reports.ts";
import type { PollSession } from "./session.ts";

export interface CourierPorts {
  readonly port: PollPort;
  readonly answered: (session: PollSession) => void;
  /** The queue does not know the session any more. */
  readonly forgotten: (session: PollSession) => void;
  /** The way is broken, or closed to us: all of it is kept. */
  readonly failed: (error: unknown) => void;
  /** A request is over. */
  readonly done: () => void;
}

export class Courier {
  readonly #ports: CourierPorts;
  readonly #busy = new Set<PollSession>();

  constructor(ports: CourierPorts) {
    this.#ports = ports;
  }

  isBusyFor(session: PollSession): boolean {
    return this.#busy.has(session);
  }

  /** Sends what there is, unless a request is under way. */
  async send(session: PollSession): Promise<void> {
    const { outbox } = session.reports;
    if (!outbox.hasMore || this.#busy.has(session)) return;
    this.#busy.add(session);
    const batch = outbox.take();
    const ref = outbox.sent(batch);
    try {
      const events = batch.map(({ event }) => event);
      const answers = await this.#ports.port.events({ ...session.sender, events });
      session.reports.answered(ref, answers);
      this.#ports.answered(session);
    } catch (error) {
      this.#failed(session, ref, error);
    } finally {
      this.#busy.delete(session);
      this.#ports.done();
    }
  }

  #failed(session: PollSession, ref: string, error: unknown): void {
    const { outbox } = session.reports;
    const code = error instanceof PriniaError ? error.code : undefined;
    if (code === "worker_not_found" && session.isKnown) {
      // The leases must speak for themselves.
      outbox.back(ref);
      this.#ports.forgotten(session);
    } else if (error instanceof PriniaError && !isPassing(error) && code !== "unauthorized" && code !== "forbidden") {
      session.reports.refused(ref, error);
    } else {
      outbox.back(ref);
      this.#ports.failed(error);
    }
  }
}
