/** What a queue that is polled must be able to do. */

import type { EventAnswer, HolderEvent, LostLease } from "../task/task.ts";
import type { LeasedTaskView } from "../task/view.ts";
import type { Introduction, QueuePort, Registered } from "./port.ts";

export interface PollRequest {
  readonly worker: string;
  readonly session: string;
  /** 1 to 1,000. */
  readonly max: number;
  /** How long to hold the poll until there is a task; 0 answers at once. At most 25,000. */
  readonly waitMs: number;
  readonly autoStart: boolean;
  /** Applied first. At most 1,000. */
  readonly events: readonly HolderEvent[];
}

export interface PollAnswer {
  readonly session: string;
  readonly tasks: readonly LeasedTaskView<unknown>[];
  /** One for each event, in order. */
  readonly events: readonly EventAnswer[];
}

/** A worker's session. */
export interface SessionRef {
  readonly worker: string;
  readonly session: string;
}

/**
 * The worker's side of a queue, one request a call. Each is tried once: `PullFeed` tries again. A refusal is thrown as a
 * PriniaError; no answer as one of the code `unreachable`.
 */
export interface PollPort {
  /** Whether no answer can get lost on its way: the queue is in this process. */
  readonly isLocal?: true;
  /** Rejects when the signal fires; what was claimed for nobody is then given back, as far as the port can tell. */
  poll(request: PollRequest, signal: AbortSignal): Promise<PollAnswer>;
  /** Without a worker and a session, the leases are right enough. */
  events(request: {
    readonly worker?: string | undefined;
    readonly session?: string | undefined;
    readonly events: readonly HolderEvent[];
  }): Promise<readonly EventAnswer[]>;
  register(introduction: Introduction): Promise<Registered>;
  /** Answered to a superseded session too, as long as it is known. */
  heartbeat(session: SessionRef): Promise<{ readonly orphanAfterMs: number }>;
  goodbye(session: SessionRef): Promise<unknown>;
  status: QueuePort["status"];
  /**
   * Tells of leases that were taken back, if the queue can; else the feed asks for the status of what it holds.
   *
   * @returns what ends it
   */
  onLost?(session: string, listener: (lost: readonly LostLease[]) => void): () => void;
}
