/** Group commit: what one turn of the event loop does is one transaction, since to reach the disk is what costs. */

import type { NodeDriver } from "../store/node.ts";
import { errorText, PriniaError } from "../task/errors.ts";

export interface GroupHost {
  /** Runs within the transaction, as its last part. */
  conclude(): void;
  /** The transaction does not stand: what memory knows is to be read again. */
  abandon(): void;
}

/** Runs a task at the end of the present turn. */
export type Soon = (task: () => void) => void;

export class GroupCommit {
  readonly #sql: NodeDriver;
  readonly #host: GroupHost;
  readonly #soon: Soon;
  #open: PromiseWithResolvers<void> | undefined;
  /** Whether memory knows of what is undone. */
  #isStale = false;

  constructor(sql: NodeDriver, host: GroupHost, soon: Soon) {
    this.#sql = sql;
    this.#host = host;
    this.#soon = soon;
  }

  /** Does work in a savepoint of the transaction: if it throws, it alone is undone. */
  do(work: () => void): void {
    if (!this.#open) this.#begin();
    try {
      this.#sql.transaction(work);
    } catch (error) {
      // A full disk takes the whole transaction, and with it what others believe to be done.
      if (!this.#sql.isOpen) this.#fail(error);
      throw failure(error);
    }
  }

  #begin(): void {
    if (this.#isStale) this.#refresh();
    this.#sql.begin();
    this.#open = Promise.withResolvers();
    // Whoever did something waits for it; for all others its failure is no news.
    this.#open.promise.catch(() => undefined);
    this.#soon(() => this.flush());
  }

  /** Resolves once all that was done so far is durable. */
  get flushed(): Promise<void> {
    return this.#open?.promise ?? Promise.resolve();
  }

  /** Commits now. */
  flush(): void {
    if (!this.#open) return;
    try {
      // Without the transaction, what concludes it would stand alone.
      if (!this.#sql.isOpen) throw new Error("the transaction is gone");
      this.#host.conclude();
      this.#sql.commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#end()?.resolve();
  }

  #fail(error: unknown): void {
    this.#isStale = true;
    try {
      this.#refresh();
    } catch {
      // Not even to be read: whoever comes next tries again, and is told.
    }
    this.#end()?.reject(failure(error));
  }

  #refresh(): void {
    this.#sql.rollback();
    this.#host.abandon();
    this.#isStale = false;
  }

  #end(): PromiseWithResolvers<void> | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open;
  }
}

function failure(error: unknown): PriniaError {
  if (error instanceof PriniaError) return error;
  const detail = `The database could not be written, and what was to be done is undone: ${errorText(error)}.`;
  return new PriniaError({ code: "internal", detail }, { cause: error });
}
