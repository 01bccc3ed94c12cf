/** Workers of this process, by the sessions that they hold leases with. */

import type { SessionRef } from "../backend/poll-port.ts";
import type { LostLease } from "../task/task.ts";

type Listener = (lost: readonly LostLease[]) => void;

export class Connections {
  readonly #bySession = new Map<string, { readonly ref: SessionRef; readonly listeners: Set<Listener> }>();

  get isEmpty(): boolean {
    return this.#bySession.size === 0;
  }

  get all(): SessionRef[] {
    return Array.from(this.#bySession.values(), ({ ref }) => ref);
  }

  /** @returns what ends it */
  add(ref: SessionRef, listener: Listener): () => void {
    const { session } = ref;
    const known = this.#bySession.get(session) ?? { ref, listeners: new Set() };
    this.#bySession.set(session, known);
    known.listeners.add(listener);
    return () => {
      known.listeners.delete(listener);
      if (known.listeners.size === 0) this.#bySession.delete(session);
    };
  }

  lost(session: string, leases: readonly LostLease[]): void {
    for (const listener of [...(this.#bySession.get(session)?.listeners ?? [])]) listener(leases);
  }
}
