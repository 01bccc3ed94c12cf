/** What clients saw, in the order in which they saw it: the evidence that the checker judges. */

/** All instants are Unix milliseconds of one machine's clock, the server's included. */
interface Stamp {
  readonly at: number;
}

/** A task is known by its mark, which its args carry, before it has an id. */
interface Marked extends Stamp {
  readonly mark: number;
}

interface Leased extends Stamp {
  readonly id: string;
  readonly lease: string;
}

/** Each sending of an event is a call of its own; its answer names it. */
interface Called extends Leased {
  readonly call: number;
}

export type EndKind = "ok" | "err" | "abort" | "snooze" | "release";

export type Push = Marked & {
  readonly type: "push";
  readonly key?: string;
  /** The instant that the user asked for. */
  readonly runAt?: number;
  readonly maxAttempts: number;
};
export type Pushed = Marked & { readonly type: "pushed"; readonly id: string; readonly created: boolean };
export type Delivery = Leased & {
  readonly type: "delivery";
  readonly worker: string;
  readonly attempt: number;
  /** What the queue says of it. */
  readonly lockAt: number;
  readonly runAt: number;
  readonly maxAttempts: number;
};
/** A handler began. */
export type Execution = Leased & { readonly type: "execution"; readonly worker: string };
type Ack = Called & { readonly type: "ack"; readonly kind: EndKind };
export type Acked = Called & { readonly type: "acked"; readonly kind: EndKind; readonly status: string };
export type Lost = Leased & { readonly type: "lost"; readonly reason: string };
export type Wait = Stamp & { readonly type: "wait"; readonly waiter: number; readonly ids: readonly string[] };
export type Result = Stamp & {
  readonly type: "result";
  readonly waiter: number;
  readonly id: string;
  readonly status: string;
  /** The mark and the lease that the handler returned, of a task that is Done. */
  readonly value?: Value | undefined;
};

/** What handlers return: it shows whose ack was kept. */
export interface Value {
  readonly mark: number;
  readonly lease: string;
}

export type Entry =
  | Push
  | Pushed
  | (Marked & { readonly type: "push-refused"; readonly code: string })
  | (Marked & { readonly type: "push-unknown" })
  | Delivery
  | Execution
  | Ack
  | Acked
  | (Called & { readonly type: "ack-refused"; readonly code: string })
  | (Called & { readonly type: "ack-unknown" })
  | Lost
  | Wait
  | Result
  | (Stamp & { readonly type: "wait-failed"; readonly waiter: number; readonly why: string })
  | (Stamp & { readonly type: "fault"; readonly what: string });

type Without<T> = T extends unknown ? Omit<T, "at"> : never;

/** Takes down what happens. */
export class History {
  readonly entries: Entry[] = [];
  #marks = 0;
  #calls = 0;
  #waiters = 0;

  add(entry: Without<Entry>): void {
    this.entries.push({ at: Date.now(), ...entry } as Entry);
  }

  nextMark(): number {
    return ++this.#marks;
  }

  nextCall(): number {
    return ++this.#calls;
  }

  nextWaiter(): number {
    return ++this.#waiters;
  }

  count(type: Entry["type"]): number {
    return this.entries.reduce((sum, entry) => sum + (entry.type === type ? 1 : 0), 0);
  }
}
