/** The middleware of every backend here: says that a task begins, and how it ends. */

import { MAX_DURATION_MS, MAX_ERROR_BYTES, MAX_RESULT_BYTES } from "../limits.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { AbortError, errorText, PriniaError, RetryAfterError } from "../task/errors.ts";
import type { HolderEvent, RawJson } from "../task/task.ts";
import { cutUtf8, exceedsBytes } from "../task/text.ts";
import type { WorkerContext } from "./context.ts";
import type { Handler, Layer, TaskContext } from "./layer.ts";
import { jsonText } from "./outgoing.ts";

/** Why a handler's signal fires when its worker stops without further grace: the task goes back, unburned. */
export class WorkerStopped extends Error {
  override readonly name = "WorkerStopped";
}

/** Why a handler's signal fires when its time is up. It may still end by itself, if it is quick. */
export class TaskTimeout extends Error {
  override readonly name = "TaskTimeout";
}

/** Throws itself out of a handler; should the handler catch it, the task snoozes all the same. */
export class Snooze extends Error {
  override readonly name = "Snooze";
}

export interface AckPorts {
  /** Where the worker's reports go. */
  readonly report: (worker: WorkerContext, event: HolderEvent) => void;
  /** Writes a result in its task's codec. */
  readonly encodeResult: (codec: string, value: unknown) => unknown;
}

/** The layer. It is the outermost of all: a result or an error that any layer makes is what the task ends with. */
export const acknowledging =
  (ports: AckPorts): Layer =>
  (next) =>
  (args, context) =>
    new Acknowledged(ports, context).run(next, args);

type Ending = Extract<HolderEvent, { type: "ack" | "snooze" | "release" }>;

/** One execution. */
class Acknowledged {
  readonly #ports: AckPorts;
  readonly #context: TaskContext;
  #open = true;
  #snoozeMs: number | undefined;

  constructor(ports: AckPorts, context: TaskContext) {
    this.#ports = ports;
    this.#context = context;
  }

  async run(next: Handler<unknown, unknown>, args: unknown): Promise<unknown> {
    const { signal, task } = this.#context;
    const aborted = () => this.#aborted(signal.reason);
    if (signal.aborted) {
      // It is given back, or lost, before it began.
      aborted();
      throw signal.reason;
    }
    signal.addEventListener("abort", aborted, { once: true });
    if (task.status === "Queued") this.#say({ type: "start", ...this.#hold });
    try {
      return this.#succeeded(await next(args, this.#inner()));
    } catch (error) {
      return this.#failed(error);
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  get #hold(): { readonly id: string; readonly lease: string } {
    return { id: this.#context.id, lease: this.#context.lease };
  }

  #inner(): TaskContext {
    return {
      ...this.#context,
      progress: (value) => this.#say({ type: "progress", ...this.#hold, progress: jsonText(value ?? null) }),
      extend: (timeout) => {
        this.#context.extend(timeout);
        this.#say({ type: "extend", ...this.#hold, timeoutMs: Math.max(1, durationMs(timeout, "extend")) });
      },
      snooze: (delay: Duration): never => {
        this.#snoozeMs = durationMs(delay, "snooze");
        throw new Snooze(`snoozes for ${this.#snoozeMs} ms`);
      },
    };
  }

  /** The lease is lost, or is given back: nothing that the handler says from now on is reported. */
  #aborted(reason: unknown): void {
    if (reason instanceof TaskTimeout) return;
    if (reason instanceof WorkerStopped) this.#say({ type: "release", ...this.#hold });
    this.#open = false;
  }

  #succeeded(value: unknown): unknown {
    if (this.#snoozeMs !== undefined) this.#snoozed(this.#snoozeMs);
    else this.#end({ type: "ack", ...this.#hold, result: { ok: this.#encoded(value) } });
    return value;
  }

  /** Trying again would give the same, after the same work: such a result kills its task. */
  #encoded(value: unknown): RawJson {
    const codec = this.#context.task.codec;
    let text: string;
    try {
      text = jsonText(this.#ports.encodeResult(codec, value));
    } catch (error) {
      throw new AbortError(`The handler's result cannot be encoded. ${errorText(error)}`, { cause: error });
    }
    if (exceedsBytes(text, MAX_RESULT_BYTES)) {
      throw new AbortError(`The handler's result is larger than ${MAX_RESULT_BYTES} bytes.`);
    }
    return text;
  }

  #failed(error: unknown): unknown {
    if (this.#snoozeMs !== undefined) {
      this.#snoozed(this.#snoozeMs);
      return undefined;
    }
    const err = cutUtf8(errorText(error), MAX_ERROR_BYTES);
    const abort = error instanceof AbortError ? { abort: true as const } : {};
    const retry = error instanceof RetryAfterError ? { retryAfterMs: wholeMs(error.retryAfterMs) } : {};
    this.#end({ type: "ack", ...this.#hold, result: { err, ...abort, ...retry } });
    throw error;
  }

  #snoozed = (delayMs: number): void => this.#end({ type: "snooze", ...this.#hold, delayMs });

  #end(event: Ending): void {
    const { logs } = this.#context;
    this.#say(event.type === "ack" && logs.length > 0 ? { ...event, logs: [...logs] } : event);
    this.#open = false;
  }

  #say(event: HolderEvent): void {
    if (this.#open) this.#ports.report(this.#context.worker, event);
  }
}

/** A duration as the protocol takes it; what is no number is none. */
const wholeMs = (ms: number): number => Math.min(MAX_DURATION_MS, Math.max(0, Math.round(ms) || 0));

/** Why a lease is not ours any more, for the handler's signal. */
export const leaseLost = (id: string, reason: string): PriniaError =>
  new PriniaError({ code: "lease_lost", detail: `Task ${id} was taken back: ${reason}.` });
