/** Pushes over a socket: a frame each, told apart by their refs. */

import { pauseMs } from "../backend/pause.ts";
import type { TaskText } from "../backend/port.ts";
import { Timer } from "../backend/timer.ts";
import { REQUEST_TIMEOUT_MS, REQUEST_TRIES } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { PASSING_CODES, PriniaError } from "../task/errors.ts";
import type { Pushed } from "../task/task.ts";
import type { Channel, Speaker } from "./channel.ts";
import type { Closing } from "./closing.ts";
import { areRepeatable, orUnknown, ours } from "./outcome.ts";

export class Pushes implements Speaker {
  readonly #channel: Channel;
  readonly #renewable: boolean;
  /** By ref, in order. */
  readonly #line = new Map<string, Parcel>();
  #count = 0;

  constructor(channel: Channel, renewable: boolean) {
    this.#channel = channel;
    this.#renewable = renewable;
    channel.join(this);
  }

  get isBusy(): boolean {
    return this.#line.size > 0;
  }

  push(tasks: readonly TaskText[], signal: AbortSignal | undefined): Promise<Pushed[]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const ref = `p${(++this.#count).toString(36)}`;
    const aborted = () => parcel.reject(signal?.reason);
    const parcel = new Parcel(tasks, () => {
      signal?.removeEventListener("abort", aborted);
      this.#line.delete(ref);
      this.#channel.settle();
    });
    signal?.addEventListener("abort", aborted, { once: true });
    this.#line.set(ref, parcel);
    this.#channel.need();
    this.#send(ref, parcel);
    return parcel.answer;
  }

  opened(): void {
    for (const [ref, parcel] of this.#line) this.#send(ref, parcel);
  }

  frame(frame: ServerFrame): void {
    if (frame.type === "answer" && "tasks" in frame) this.#line.get(frame.ref)?.resolve(frame.tasks);
    if (frame.type === "error" && frame.ref !== undefined) this.#refused(frame.ref, new PriniaError(frame));
  }

  gone({ reason }: Closing): void {
    const detail = `The connection broke${reason && `: ${reason}`}.`;
    for (const parcel of this.#line.values()) parcel.failed(detail);
  }

  refused(error: PriniaError): void {
    for (const parcel of this.#line.values()) parcel.reject(error);
  }

  #send(ref: string, parcel: Parcel): void {
    if (!this.#channel.send(`{"type":"push","ref":"${ref}","tasks":${parcel.text}}`)) return;
    parcel.isSent = true;
    parcel.timer.set(REQUEST_TIMEOUT_MS, () => {
      parcel.failed(`No answer came within ${REQUEST_TIMEOUT_MS} ms.`);
      if (this.#line.has(ref)) this.#send(ref, parcel);
    });
  }

  #refused(ref: string, error: PriniaError): void {
    const parcel = this.#line.get(ref);
    if (!parcel) return;
    if (error.code === "unauthorized" && this.#renewable) {
      // Nothing was pushed, and the socket closes: the next one has a new token.
      parcel.isSent = false;
    } else if (PASSING_CODES.has(error.code) && parcel.isRepeatable && !parcel.isLastTry) {
      parcel.tries++;
      parcel.timer.set(pauseMs(parcel.tries), () => this.#send(ref, parcel));
    } else parcel.reject(error);
  }
}

/** What is pushed together. */
class Parcel {
  readonly #tasks: readonly TaskText[];
  readonly #outcome = Promise.withResolvers<Pushed[]>();
  readonly isRepeatable: boolean;
  /** For its answer, or for the next try. */
  readonly timer = new Timer();
  tries = 0;
  /** Whether it was sent, and may have happened. */
  isSent = false;
  readonly #settled: () => void;

  /** @param settled is called once its outcome is there */
  constructor(tasks: readonly TaskText[], settled: () => void) {
    this.#tasks = tasks;
    this.#settled = settled;
    this.isRepeatable = areRepeatable(tasks);
  }

  get answer(): Promise<Pushed[]> {
    return this.#outcome.promise;
  }

  get text(): string {
    return `[${this.#tasks.map(({ text }) => text).join()}]`;
  }

  get isLastTry(): boolean {
    return this.tries + 1 >= REQUEST_TRIES;
  }

  resolve(pushed: readonly Pushed[]): void {
    this.#outcome.resolve(ours(pushed, this.#tasks));
    this.#end();
  }

  reject(error: unknown): void {
    this.#outcome.reject(error);
    this.#end();
  }

  /** No answer came. What was not sent can be sent later, and so can what may be sent twice. */
  failed(detail: string): void {
    this.timer.clear();
    const isLost = this.isSent && !this.isRepeatable;
    if (isLost || this.isLastTry) {
      const error = new PriniaError({ code: "unreachable", detail });
      this.reject(this.isSent ? orUnknown(error, this.isRepeatable) : error);
    }
    this.tries++;
  }

  #end(): void {
    this.timer.clear();
    this.#settled();
  }
}
