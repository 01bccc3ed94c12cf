/** Waits over a socket: a frame each, told apart by their refs, and sent again on the next socket with what is pending. */

import { pauseMs } from "../backend/pause.ts";
import type { WaitPortOptions, WaitView } from "../backend/port.ts";
import { Timer } from "../backend/timer.ts";
import { MAX_BATCH, MAX_WAITED_IDS } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { PASSING_CODES, PriniaError } from "../task/errors.ts";
import type { Channel, Speaker } from "./channel.ts";

/** Refusals that a request would not meet: the socket waits for too many, or is of another partition. */
const ELSEWHERE: ReadonlySet<string> = new Set(["too_many_requests", "wrong_partition"]);

export class Waits implements Speaker {
  readonly #channel: Channel;
  readonly #renewable: boolean;
  readonly #waits = new Map<string, Wait>();
  #count = 0;

  constructor(channel: Channel, renewable: boolean) {
    this.#channel = channel;
    this.#renewable = renewable;
    channel.join(this);
  }

  get isBusy(): boolean {
    return [...this.#waits.values()].some((wait) => wait.isOpen);
  }

  /** How many ids one more wait may have. */
  get room(): number {
    const waited = [...this.#waits.values()].reduce((sum, { pending }) => sum + pending.size, 0);
    return Math.min(MAX_BATCH, MAX_WAITED_IDS - waited);
  }

  /**
   * Yields results as they come, and takes their ids off `pending`. Ends when none is left, or when the rest is better
   * asked for by a request.
   */
  async *wait(
    pending: Set<string>,
    { signal, onProgress }: WaitPortOptions,
  ): AsyncGenerator<WaitView, void, undefined> {
    signal?.throwIfAborted();
    const ref = `w${(++this.#count).toString(36)}`;
    const wait = new Wait(ref, pending, onProgress);
    const aborted = () => wait.fail(signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    this.#waits.set(ref, wait);
    this.#channel.need();
    this.#channel.send(wait.text);
    try {
      yield* wait.results();
    } finally {
      signal?.removeEventListener("abort", aborted);
      wait.timer.clear();
      this.#waits.delete(ref);
      if (pending.size > 0) this.#channel.send(`{"type":"unwait","ref":"${ref}"}`);
      this.#channel.settle();
    }
  }

  opened(): void {
    for (const wait of this.#waits.values()) if (wait.isOpen) this.#channel.send(wait.text);
  }

  frame(frame: ServerFrame): void {
    if (!("ref" in frame) || frame.ref === undefined) return;
    const wait = this.#waits.get(frame.ref);
    if (!wait) return;
    if (frame.type === "result") wait.arrived(frame.results as readonly WaitView[]);
    if (frame.type === "progress") wait.progressed(frame.id, frame.progress);
    if (frame.type === "error") this.#refused(wait, new PriniaError(frame));
    this.#channel.settle();
  }

  gone(): void {
    for (const wait of this.#waits.values()) wait.timer.clear();
  }

  refused(error: PriniaError): void {
    for (const wait of this.#waits.values()) wait.fail(error);
  }

  #refused(wait: Wait, error: PriniaError): void {
    if (ELSEWHERE.has(error.code)) wait.end();
    else if (PASSING_CODES.has(error.code)) {
      wait.timer.set(pauseMs(++wait.failures), () => this.#channel.send(wait.text));
    } else if (error.code !== "unauthorized" || !this.#renewable) wait.fail(error);
  }
}

class Wait {
  readonly #ref: string;
  readonly pending: Set<string>;
  readonly #onProgress: WaitPortOptions["onProgress"];
  /** For the next try. */
  readonly timer = new Timer();
  failures = 0;
  #arrived: WaitView[] = [];
  #ended = false;
  #failed: { readonly error: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(ref: string, pending: Set<string>, onProgress: WaitPortOptions["onProgress"]) {
    this.#ref = ref;
    this.pending = pending;
    this.#onProgress = onProgress;
  }

  get text(): string {
    return JSON.stringify({ type: "wait", ref: this.#ref, ids: [...this.pending], progress: this.#onProgress && true });
  }

  /** Whether it still waits for something. */
  get isOpen(): boolean {
    return this.pending.size > 0 && !this.#ended && !this.#failed;
  }

  /** What the listener throws ends the wait that it listens to. */
  progressed(id: string, progress: unknown): void {
    try {
      this.#onProgress?.(id, progress);
    } catch (error) {
      this.fail(error);
    }
  }

  arrived(results: readonly WaitView[]): void {
    this.failures = 0;
    this.#arrived.push(...results.filter(({ id }) => this.pending.delete(id)));
    this.#news.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#news.resolve();
  }

  fail(error: unknown): void {
    this.#failed ??= { error };
    this.#news.resolve();
  }

  async *results(): AsyncGenerator<WaitView, void, undefined> {
    for (;;) {
      const arrived = this.#arrived;
      this.#arrived = [];
      yield* arrived;
      if (this.#arrived.length > 0) continue;
      if (this.#failed) throw this.#failed.error;
      if (this.#ended || this.pending.size === 0) return;
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
  }
}
