/** Reads a stream and pushes what it brings: in order, as fast as pushes are answered, each until it is. */

import { STREAM_CHUNK } from "../../limits.ts";
import { errorText, PriniaError } from "../../task/errors.ts";
import { type Clock, sleep } from "../clock.ts";
import { CodecError } from "../codec.ts";
import type { WorkerContext } from "../context.ts";
import { pauseMs } from "../pause.ts";
import { isPassing } from "../reports.ts";
import { PushStreamError, type TaskSink } from "../sink.ts";
import type { NewTask } from "../task.ts";

export interface PumpPorts<Item> {
  readonly sink: Pick<TaskSink<unknown>, "pushAll">;
  readonly clock: Clock;
  /** Makes a task with an idempotency key. */
  readonly task: (item: Item) => NewTask;
  readonly onRefused: ((item: Item, error: unknown) => void) | undefined;
}

interface Load<Item> {
  readonly item: Item;
  readonly task: NewTask;
}

/** What was read, and whether that was the end. */
interface Draught<Item> {
  readonly loads: readonly Load<Item>[];
  readonly end: "none" | "done" | { readonly error: unknown };
}

/** Refusals of what was pushed; others are of who pushes. */
const OF_THE_ITEM: ReadonlySet<string> = new Set(["bad_request", "payload_too_large"]);

export class Pump<Item> {
  readonly #source: AsyncIterable<Item> | Iterable<Item>;
  readonly #ports: PumpPorts<Item>;
  readonly #workers = new Set<WorkerContext>();
  readonly #listeners = new Set<() => void>();
  readonly #done = Promise.withResolvers<number>();
  #iterator: AsyncIterator<Item> | Iterator<Item> | undefined;
  /** The next item: asked for, and not taken yet. */
  #next: Promise<IteratorResult<Item>> | undefined;
  #isRunning = false;
  #isOver = false;
  #count = 0;
  #pushing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Item> | Iterable<Item>, ports: PumpPorts<Item>) {
    this.#source = source;
    this.#ports = ports;
    // The workers' streams tell of a failure, too: nobody must ask for it here.
    this.#done.promise.catch(() => undefined);
  }

  /** Resolves with the number of tasks that were pushed, once there will be no more. */
  get done(): Promise<number> {
    return this.#done.promise;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** @returns what ends the listening */
  onFailure(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A worker polls: the stream is read. */
  start(worker: WorkerContext): void {
    this.#workers.add(worker);
    if (!this.#isRunning) void this.#run();
  }

  /** A worker has left. Resolves once what is being pushed has been. */
  async stop(worker: WorkerContext): Promise<void> {
    this.#workers.delete(worker);
    await this.#pushing.catch(() => undefined);
  }

  /** Reads no more. */
  async end(): Promise<void> {
    // Nobody waits for the stream: it may be in the middle of something that never ends.
    if (!this.#isOver) void Promise.resolve(this.#iterator?.return?.()).catch(() => undefined);
    this.#isOver = true;
    await this.#pushing.catch(() => undefined);
    this.#done.resolve(this.#count);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#workers.size > 0 && !this.#isOver) {
      const { loads, end } = await this.#read();
      this.#pushing = this.#push(loads);
      const outcome = await this.#pushing.then(
        () => end,
        (error: unknown) => ({ error }),
      );
      if (typeof outcome === "object") this.#fail(outcome.error);
      else if (outcome === "done") this.#isOver = true;
    }
    this.#isRunning = false;
    if (this.#isOver) this.#done.resolve(this.#count);
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#failure = { error };
    this.#done.reject(error);
    for (const listener of this.#listeners) listener();
  }

  /** What comes by the end of this turn, at most a chunk; the first item is waited for. */
  async #read(): Promise<Draught<Item>> {
    const loads: Load<Item>[] = [];
    let turn: Promise<undefined> | undefined;
    try {
      while (loads.length < STREAM_CHUNK) {
        const result = await (turn ? Promise.race([this.#ask(), turn]) : this.#ask());
        if (!result) break;
        this.#next = undefined;
        if (result.done) return { loads, end: "done" };
        turn ??= new Promise((resolve) => this.#ports.clock.timer(0, () => resolve(undefined)));
        const task = this.#taskOf(result.value);
        if (task) loads.push({ item: result.value, task });
      }
      return { loads, end: "none" };
    } catch (error) {
      return { loads, end: { error } };
    }
  }

  #ask(): Promise<IteratorResult<Item>> {
    this.#iterator ??= iteratorOf(this.#source);
    this.#next ??= Promise.resolve(this.#iterator.next());
    return this.#next;
  }

  #taskOf(item: Item): NewTask | undefined {
    try {
      return this.#ports.task(item);
    } catch (error) {
      this.#refused(item, error);
      return undefined;
    }
  }

  /** @throws the refusal, when nobody wants to be told */
  #refused(item: Item, error: unknown): void {
    if (!this.#ports.onRefused) throw error;
    this.#ports.onRefused(item, error);
  }

  /** @throws what there is no use to try again for */
  async #push(loads: readonly Load<Item>[]): Promise<void> {
    let left = loads;
    for (let failures = 1; left.length > 0; failures++) {
      const thrown = await this.#pushed(left);
      if (!thrown) return;
      const { error, pushed } = thrown;
      left = left.slice(pushed);
      if (isOfTheItem(error)) return this.#pushOneByOne(left, error);
      if (!isPassing(error) || (isLost(error) && left.some(isUnsure))) throw error;
      await this.#pause(failures, error);
    }
  }

  /** @returns what was thrown, and how many were pushed before */
  async #pushed(
    loads: readonly Load<Item>[],
  ): Promise<{ readonly error: unknown; readonly pushed: number } | undefined> {
    try {
      const tasks = loads.map(({ task }) => task);
      this.#count += (await this.#ports.sink.pushAll(tasks, { retry: true })).length;
      return undefined;
    } catch (error) {
      const isKnown = error instanceof PushStreamError;
      const pushed = isKnown ? error.pushed.length : 0;
      this.#count += pushed;
      return { error: isKnown ? error.cause : error, pushed };
    }
  }

  /** Which of several is to blame shows when they are alone. */
  async #pushOneByOne(loads: readonly Load<Item>[], error: unknown): Promise<void> {
    const [only] = loads;
    if (loads.length === 1 && only) this.#refused(only.item, error);
    else for (const load of loads) await this.#push([load]);
  }

  async #pause(failures: number, error: unknown): Promise<void> {
    const askedMs = error instanceof PriniaError ? error.retryAfterMs : undefined;
    const retryMs = Math.round(pauseMs(failures, askedMs));
    for (const worker of this.#workers) worker.emit({ type: "break", reason: errorText(error), retryMs });
    await sleep(this.#ports.clock, retryMs);
  }
}

const iteratorOf = <Item>(source: AsyncIterable<Item> | Iterable<Item>): AsyncIterator<Item> | Iterator<Item> =>
  Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();

const isOfTheItem = (error: unknown): boolean =>
  error instanceof CodecError || (error instanceof PriniaError && OF_THE_ITEM.has(error.code));

/** Whether it may have happened all the same. */
const isLost = (error: unknown): boolean => !(error instanceof PriniaError) || error.code === "unreachable";

/** A key that is free again when its task ends does not keep a second try from making a second task. */
const isUnsure = ({ task }: Load<unknown>): boolean => task.idempotencyUntil === "terminal";
