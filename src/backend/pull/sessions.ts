/** The sessions of a worker that polls: one that claims, and older ones until what they hold has ended. */

import { PriniaError } from "../../task/errors.ts";
import type { LostLease } from "../../task/task.ts";
import type { Clock } from "../clock.ts";
import type { WorkerContext } from "../context.ts";
import type { PollPort } from "../poll-port.ts";
import { type ReportsPorts, supersededError } from "../reports.ts";
import { PollSession } from "./session.ts";

export interface SessionsPorts {
  readonly port: PollPort;
  readonly worker: WorkerContext;
  readonly clock: Clock;
  readonly lost: (lost: LostLease) => void;
}

export class PollSessions {
  readonly #ports: SessionsPorts;
  readonly #reports: ReportsPorts;
  #all: PollSession[] = [];
  readonly #unlisten = new Map<PollSession, () => void>();
  #isWanted = true;

  constructor(ports: SessionsPorts) {
    this.#ports = ports;
    const { worker, lost } = ports;
    this.#reports = { emit: (event) => worker.emit(event), lost };
  }

  get all(): readonly PollSession[] {
    return this.#all;
  }

  /** The one that claims. */
  get current(): PollSession | undefined {
    return this.#all.at(-1);
  }

  /** Whether a session must be opened before the next poll. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Another one is to claim from now on. */
  want(): void {
    this.#isWanted = true;
  }

  /** The session of a lease; for one that nobody knows of, that which claims. */
  of(lease: string): PollSession | undefined {
    return this.#all.find((session) => session.holds(lease)) ?? this.current;
  }

  /**
   * Opens a session.
   *
   * @returns for how long the worker may be silent, and whether it is new to the queue
   * @throws PriniaError `superseded` when another worker has taken the name; it is never taken back
   */
  async open(): Promise<{ readonly orphanAfterMs: number; readonly isNew: boolean }> {
    const { port, worker, clock } = this.#ports;
    const before = this.current;
    // A session that is known is replaced on purpose: it may go on with what it holds.
    const isNew = !before?.isKnown;
    const { session, orphanAfterMs } = await port.register({ worker: worker.id, layers: worker.layers });
    this.#isWanted = false;
    this.#add(new PollSession(worker.id, session, clock.now(), this.#reports));
    return { orphanAfterMs, isNew };
  }

  /**
   * The queue does not let a session claim. If it knows it all the same, then another worker has the name.
   *
   * @throws PriniaError `superseded`, or what the question failed with
   */
  async unknown(session: PollSession): Promise<void> {
    const { port } = this.#ports;
    const isKnown = await port.heartbeat(session.ref).then(
      () => true,
      (error: unknown) => {
        if (error instanceof PriniaError && error.code === "worker_not_found") return false;
        throw error;
      },
    );
    if (isKnown) throw supersededError(session.worker);
    this.forgotten(session);
  }

  /** The queue does not know a session any more. */
  forgotten(session: PollSession): void {
    session.isKnown = false;
    if (session === this.current) this.#isWanted = true;
  }

  /** Older ones of which nothing is left; they are taken out. */
  takeOver(): PollSession[] {
    const over = this.#all.filter((session) => session !== this.current && session.isOver);
    this.#all = this.#all.filter((session) => !over.includes(session));
    for (const session of over) this.#forget(session);
    return over;
  }

  end(): void {
    for (const session of this.#all) this.#forget(session);
  }

  #add(session: PollSession): void {
    this.#all.push(session);
    const { port, lost } = this.#ports;
    const unlisten = port.onLost?.(session.token, (leases) => {
      for (const lease of leases) lost(lease);
    });
    if (unlisten) this.#unlisten.set(session, unlisten);
  }

  #forget(session: PollSession): void {
    this.#unlisten.get(session)?.();
    this.#unlisten.delete(session);
  }
}
