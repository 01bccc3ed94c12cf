/** Sessions: one for each registration of a worker's name. A lease belongs to the session that claimed it. */

import type { RunningWorker } from "../../backend/expose.ts";
import { FORGET_SESSION_MS } from "../../limits.ts";
import { formatSession, parseSession, type SessionToken } from "../../task/session.ts";
import type { MemoryTask } from "./task.ts";

export interface Session extends SessionToken {
  readonly worker: string;
  /** As the worker knows it. */
  readonly token: string;
  readonly startedAt: number;
  readonly layers: readonly string[];
  /** Another session took the name: this one may still end what it runs, but not claim. */
  superseded: boolean;
  /** The last sign of life, ms. */
  heardAt: number;
  readonly leases: Set<MemoryTask>;
}

export const isAlive = ({ heardAt }: Session, orphanAfterMs: number, now: number): boolean =>
  heardAt + orphanAfterMs > now;

export function hear(session: Session, now: number): void {
  session.heardAt = Math.max(session.heardAt, now);
}

export class Sessions {
  readonly #byId = new Map<number, Session>();
  /** Those that have their names. */
  readonly #byWorker = new Map<string, Session>();
  #next = 1;

  /** The present session of a name. */
  present(worker: string): Session | undefined {
    return this.#byWorker.get(worker);
  }

  /** The session that a token names, of whatever worker. */
  named(token: string): Session | undefined {
    const parsed = parseSession(token);
    const session = parsed ? this.#byId.get(parsed.id) : undefined;
    return session && session.secret === parsed?.secret ? session : undefined;
  }

  holders(): Session[] {
    return [...this.#byId.values()].filter(({ leases }) => leases.size > 0);
  }

  /** Opens a session, which takes the name. With it go those that were silent for long and hold nothing. */
  open(worker: string, layers: readonly string[], secret: string, now: number, orphanAfterMs: number): Session {
    for (const one of this.#byId.values()) {
      if (one.leases.size === 0 && one.heardAt + orphanAfterMs + FORGET_SESSION_MS <= now) this.delete(one);
    }
    const id = this.#next++;
    const token = formatSession({ id, secret });
    const more = { startedAt: now, heardAt: now, superseded: false, leases: new Set<MemoryTask>() };
    const session: Session = { id, secret, token, worker, layers, ...more };
    this.#byId.set(id, session);
    this.#byWorker.set(worker, session);
    return session;
  }

  delete(session: Session): void {
    this.#byId.delete(session.id);
    if (this.#byWorker.get(session.worker) === session) this.#byWorker.delete(session.worker);
  }

  clear(): void {
    this.#byId.clear();
    this.#byWorker.clear();
  }

  /**
   * Workers that live or hold leases, one entry a name: a name that was taken again counts the leases that its old
   * session still runs.
   */
  list(queue: string, orphanAfterMs: number, now: number): RunningWorker[] {
    const byName = new Map<string, RunningWorker>();
    for (const session of this.#byId.values()) {
      const alive = !session.superseded && isAlive(session, orphanAfterMs, now);
      if (!alive && session.leases.size === 0) continue;
      const before = byName.get(session.worker);
      byName.set(session.worker, {
        id: session.worker,
        queue,
        startedAt: session.startedAt,
        heardAt: Math.max(session.heardAt, before?.heardAt ?? 0),
        layers: session.layers,
        leases: session.leases.size + (before?.leases ?? 0),
        alive: alive || (before?.alive ?? false),
      });
    }
    return [...byName.values()];
  }
}
