/** A store on a real object, which tells what each step costs. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { durableDriver } from "../../../src/store/durable.ts";
import type { SessionRow } from "../../../src/store/sessions.ts";
import type { HolderEvent, NewTask } from "../../../src/task/task.ts";
import { StoreBench } from "../../support/store.ts";

/** A store in which each step is measured. */
export class Meter extends StoreBench {
  /** Rows that a step wrote, without the tally's. */
  cost(step: () => unknown): number {
    const before = this.sql.rowsWritten - this.saved;
    step();
    return this.sql.rowsWritten - this.saved - before;
  }

  many(n: number, task: Partial<NewTask> = {}): Partial<NewTask>[] {
    return Array.from({ length: n }, (_, i) =>
      task.idempotencyKey === undefined ? task : { ...task, idempotencyKey: `k${i}` },
    );
  }

  /** One event for each task that the session holds. */
  eventsOf(session: SessionRow, event: (id: string, lease: string) => HolderEvent[]): HolderEvent[] {
    const rows = this.sql.all<{ seq: number }>(
      "SELECT seq FROM task WHERE lease IS NOT NULL AND holder = ?1 ORDER BY seq",
      session.id,
    );
    return rows.flatMap(({ seq }) => {
      const id = this.idAt(seq);
      return event(id, this.lease(id));
    });
  }

  ack(session: SessionRow, result: { ok: string } | { err: string }): number {
    const events = this.eventsOf(session, (id, lease) => [{ type: "ack", id, lease, result }]);
    return this.cost(() => this.events(events));
  }
}

/** Runs a case on an object of its own. */
export const measure = (body: (meter: Meter) => void): Promise<void> =>
  runInDurableObject(env.QUEUE.getByName(`${crypto.randomUUID()}/0`), (_instance, state) =>
    body(new Meter(durableDriver(state.storage))),
  );
