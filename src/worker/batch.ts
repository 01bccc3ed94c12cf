/** Handlers that do many tasks at once. */

import { type Clock, systemClock } from "../backend/clock.ts";
import type { Handler, TaskContext } from "../backend/layer.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";

/** One task of a batch. */
export interface BatchItem<Args, Context extends TaskContext = TaskContext> {
  readonly id: string;
  readonly args: Args;
  readonly context: Context;
}

/** How one task ended: with a result, with what a handler would throw, or to be run again after so long. */
export type BatchOutcome<Out> = { readonly ok: Out } | { readonly err: unknown } | { readonly snooze: Duration };

/** What a batch handler gives: an outcome for each id. An async iterable ends its tasks one by one, as it yields. */
export type BatchOutcomes<Out> =
  | ReadonlyMap<string, BatchOutcome<Out>>
  | Iterable<BatchOutcome<Out> & { readonly id: string }>
  | AsyncIterable<BatchOutcome<Out> & { readonly id: string }>;

/**
 * Does many tasks. Its signal fires once those of all its tasks have; each task's own is in its context.
 */
export type BatchHandler<Args, Out, Context extends TaskContext = TaskContext> = (
  items: readonly BatchItem<Args, Context>[],
  batch: { readonly signal: AbortSignal },
) => BatchOutcomes<Out> | Promise<BatchOutcomes<Out>>;

export interface BatchOptions {
  /** The most that come together. The worker's concurrency must be as large, or a batch is never full. */
  readonly size: number;
  /** How long the first of a batch waits for more. */
  readonly wait: Duration;
  readonly clock?: Clock | undefined;
}

/**
 * A handler that gathers tasks, and has them done together: as soon as there are `size` of them, or the first has waited
 * for `wait`. A task that gets no outcome has failed, and so have all that have none yet when the handler throws.
 *
 * The worker must run at least `size` tasks at a time: with a lower concurrency no batch is full, and each waits its
 * whole time.
 *
 * @example
 * const handler = batch(
 *   async (items) => {
 *     const rows = await insertAll(items.map(({ args }) => args));
 *     return items.map(({ id }, at) => ({ id, ok: rows[at] }));
 *   },
 *   { size: 100, wait: "200ms" },
 * );
 * new Worker("importer", orders, handler, { concurrency: 100 });
 *
 * @throws PriniaError `bad_request` when the size is none
 */
export function batch<Args, Out, Context extends TaskContext = TaskContext>(
  handler: BatchHandler<Args, Out, Context>,
  { size, wait, clock = systemClock }: BatchOptions,
): Handler<Args, Out, Context> {
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new PriniaError({ code: "bad_request", detail: "`size` is an integer from 1.", path: "size" });
  }
  const gathering = new Gathering(handler, size, durationMs(wait, "wait"), clock);
  return (args, context) => gathering.add(args, context);
}

class Member<Args, Out, Context extends TaskContext> {
  readonly item: BatchItem<Args, Context>;
  readonly #end = Promise.withResolvers<Out>();

  constructor(args: Args, context: Context) {
    this.item = { id: context.id, args, context };
  }

  get ended(): Promise<Out> {
    return this.#end.promise;
  }

  get signal(): AbortSignal {
    return this.item.context.signal;
  }

  end(outcome: BatchOutcome<Out>): void {
    if ("ok" in outcome) this.#end.resolve(outcome.ok);
    else if ("err" in outcome) this.#end.reject(outcome.err);
    else this.#snooze(outcome.snooze);
  }

  #snooze(delay: Duration): void {
    try {
      this.item.context.snooze(delay);
    } catch (snoozes) {
      this.#end.reject(snoozes);
    }
  }
}

class Gathering<Args, Out, Context extends TaskContext> {
  readonly #handler: BatchHandler<Args, Out, Context>;
  readonly #size: number;
  readonly #waitMs: number;
  readonly #clock: Clock;
  #members: Member<Args, Out, Context>[] = [];
  #cancel: (() => void) | undefined;

  constructor(handler: BatchHandler<Args, Out, Context>, size: number, waitMs: number, clock: Clock) {
    this.#handler = handler;
    this.#size = size;
    this.#waitMs = waitMs;
    this.#clock = clock;
  }

  add(args: Args, context: Context): Promise<Out> {
    const member = new Member<Args, Out, Context>(args, context);
    this.#members.push(member);
    // One whose lease is lost, or whose worker stops, does not wait for the others.
    context.signal.addEventListener("abort", () => this.#leave(member), { once: true });
    if (this.#members.length >= this.#size) this.#go();
    else this.#cancel ??= this.#clock.timer(this.#waitMs, () => this.#go());
    return member.ended;
  }

  #leave(member: Member<Args, Out, Context>): void {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#members.splice(at, 1);
    member.end({ err: member.signal.reason });
    if (this.#members.length === 0) this.#rest();
  }

  #go(): void {
    const members = this.#members;
    this.#members = [];
    this.#rest();
    this.#run(members);
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #run(members: readonly Member<Args, Out, Context>[]): Promise<void> {
    // A task that was lost and came again may be in it twice.
    const waiting = Map.groupBy(members, ({ item }) => item.id);
    const end = (id: string, outcome: BatchOutcome<Out>): void => {
      for (const member of waiting.get(id) ?? []) member.end(outcome);
      waiting.delete(id);
    };
    const items = members.map(({ item }) => item);
    try {
      const outcomes = await this.#handler(items, { signal: whenAll(members.map(({ signal }) => signal)) });
      // Nothing is no outcome for anybody.
      for await (const entry of outcomes ?? []) {
        const [id, outcome] = Array.isArray(entry) ? (entry as [string, BatchOutcome<Out>]) : [entry.id, entry];
        end(id, outcome);
      }
    } catch (err) {
      for (const id of waiting.keys()) end(id, { err });
    }
    for (const id of waiting.keys()) {
      end(id, { err: new Error(`The batch handler gave no outcome for the task ${id}.`) });
    }
  }
}

/** Fires, with the last reason, once all of them have. */
function whenAll(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  let left = signals.length;
  for (const signal of signals) {
    signal.addEventListener("abort", () => --left === 0 && controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}
