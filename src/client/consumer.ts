/** A worker's side of the socket: registers, takes tasks by credit, reports, and goes on after every break. */

import { LOST_GRACE_MS } from "../limits.ts";
import type { LeasedTask, ServerFrame } from "../protocol/types.ts";
import type { LostLease } from "../task/task.ts";
import { type Closing, farewell, NO_CLOSE } from "./closing.ts";
import { PASSING_CODES, PriniaError } from "../task/errors.ts";
import { Link, type LinkUser } from "./link.ts";
import { reportOf } from "./report.ts";
import { Reporter } from "./reporter.ts";
import { type Handler, Run } from "./run.ts";
import { Shutdown } from "./shutdown.ts";
import { Slots } from "./slots.ts";
import { Timer } from "../backend/timer.ts";
import type { Transport } from "./transport.ts";
import { tell, type WorkerEvent } from "./worker-events.ts";

export interface ConsumerOptions {
  readonly queue: string;
  readonly worker: string;
  readonly handler: Handler<unknown, unknown>;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly autoStart: boolean;
  readonly onEvent: (event: WorkerEvent) => void;
}

type Of<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

export class Consumer implements LinkUser {
  readonly #options: ConsumerOptions;
  readonly #renewable: boolean;
  readonly #link: Link;
  readonly #slots: Slots;
  readonly #reporter: Reporter;
  readonly #shutdown: Shutdown;
  readonly #closed = Promise.withResolvers<void>();
  #state: "unknown" | "introduced" | "registered" = "unknown";
  #session: string | undefined;
  /** Runs whose leases are lost, until they end or their slots are given away. */
  readonly #late = new Map<Run, Timer>();
  #ended = false;
  /** The last refusal on this socket: it tells more than the close that follows. */
  #refusal: PriniaError | undefined;
  #closing: Closing = { code: NO_CLOSE, reason: "" };

  constructor(transport: Transport, options: ConsumerOptions) {
    this.#options = options;
    this.#renewable = transport.renewable;
    this.#link = new Link(transport, `/v1/queues/${encodeURIComponent(options.queue)}/socket`, this);
    this.#slots = new Slots(options.concurrency, options.prefetch);
    this.#reporter = new Reporter({
      slots: this.#slots,
      send: (text) => this.#link.send(text),
      emit: (event) => this.#emit(event),
      lost: (lease) => this.#lose(lease),
      answered: () => this.#shutdown.look(),
    });
    this.#shutdown = new Shutdown({
      slots: this.#slots,
      reporter: this.#reporter,
      send: (frame) => this.#send(frame),
      finish: () => this.#end(),
    });
    this.#link.open();
  }

  /** Resolves when the worker was stopped, rejects when it was refused. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  stop(graceMs: number): Promise<void> {
    // The server never heard of it, so there is nothing to give back.
    if (this.#state === "unknown" && this.#session === undefined) this.#end();
    else if (!this.#ended) this.#shutdown.begin(graceMs);
    this.#link.open();
    return this.#closed.promise.catch(() => undefined);
  }

  opened(): void {
    this.#state = "introduced";
    this.#refusal = undefined;
    const { worker, autoStart } = this.#options;
    const session = this.#session === undefined ? {} : { session: this.#session };
    const credit = this.#slots.room;
    this.#slots.grant(credit);
    const held = [...new Set([...this.#slots.leases(), ...this.#reporter.leases()])];
    this.#send({ type: "register", worker, ...session, credit, held, autoStart });
  }

  frame(frame: ServerFrame): void {
    switch (frame.type) {
      case "registered":
        this.#welcomed(frame);
        break;
      case "tasks":
        this.#delivered(frame.tasks);
        break;
      case "answer":
        if ("events" in frame) this.#reporter.answered(frame.ref, frame.events);
        break;
      case "lost":
        for (const lost of frame.leases) this.#lose(lost);
        break;
      case "credit":
        this.#shutdown.drained();
        break;
      case "idle":
        this.#emit({ type: "idle" });
        break;
      case "error":
        this.#refusedFrame(frame);
        break;
      case "result":
      case "progress":
      case "event":
        break;
      default:
        // At run time: a frame of a newer server, which nobody asked for.
        frame satisfies never;
    }
  }

  alive(): void {
    this.#emit({ type: "heartbeat" });
  }

  gone(closing: Closing): void {
    const wasRegistered = this.#state === "registered";
    this.#state = "unknown";
    this.#closing = closing;
    this.#slots.revoke();
    this.#reporter.broken();
    const error = farewell(closing, {
      worker: this.#options.worker,
      refusal: this.#refusal,
      renewable: wasRegistered && this.#renewable,
    });
    if (error) this.refused(error);
    else this.#shutdown.broken();
  }

  pausing(retryMs: number): void {
    this.#emit({ type: "break", ...this.#closing, retryMs });
  }

  refused(error: PriniaError): void {
    this.#end(error);
  }

  #welcomed({ worker, session, orphanAfterMs, resumed }: Of<"registered">): void {
    this.#state = "registered";
    const isResumed = session === this.#session;
    this.#session = session;
    this.#link.established(orphanAfterMs);
    this.#emit({ type: "start", worker, resumed: isResumed });
    const known = new Set([...this.#slots.leases(), ...this.#reporter.leases()]);
    this.#reporter.opened();
    this.#shutdown.registered(resumed.filter(({ lease }) => !known.has(lease)));
  }

  #delivered(tasks: readonly LeasedTask[]): void {
    for (const task of tasks) this.#slots.arrived(task);
    if (this.#shutdown.begun) this.#shutdown.giveBack();
    this.#fill();
  }

  /** Begins as many tasks as there are slots, and grants what is free. */
  #fill(): void {
    for (let task = this.#slots.next(); task; task = this.#slots.next()) this.#begin(task);
    if (this.#slots.room > 0) this.#reporter.schedule();
    this.#shutdown.look();
  }

  #begin(task: LeasedTask): void {
    const run = new Run(task, (report) => this.#reporter.add(report));
    this.#slots.begin(run);
    if (task.status === "Queued") this.#reporter.add(reportOf({ type: "start", id: task.id, lease: task.lease }));
    run.execute(this.#options.handler).then((end) => {
      const { id, attempt, thrown, aborted } = run;
      if (!aborted) {
        this.#emit(thrown ? { type: "error", id, attempt, ...thrown } : { type: "success", id, attempt });
        this.#reporter.add(end);
      }
      this.#free(run);
    });
  }

  /** Its slot is free: the handler has ended, or has had its time since it lost the lease. */
  #free(run: Run): void {
    this.#late.get(run)?.clear();
    this.#late.delete(run);
    this.#slots.end(run);
    this.#fill();
  }

  #lose({ id, lease, reason }: LostLease): void {
    this.#reporter.drop(lease);
    this.#slots.unqueue(lease);
    const run = this.#slots.find(lease);
    if (!run || run.aborted) {
      this.#fill();
      return;
    }
    run.abort(new PriniaError({ code: "lease_lost", detail: `Task ${id} was taken back: ${reason}.` }));
    this.#emit({ type: "lost", id, lease, reason });
    const late = new Timer();
    this.#late.set(run, late);
    late.set(LOST_GRACE_MS, () => this.#free(run));
  }

  #refusedFrame({ ref, ...fields }: Of<"error">): void {
    const error = new PriniaError(fields);
    this.#refusal = error;
    if (ref !== undefined) this.#reporter.refused(ref, error);
    else if (this.#state !== "registered") this.#turnedAway(error);
  }

  /** The registration was refused. */
  #turnedAway(error: PriniaError): void {
    if (PASSING_CODES.has(error.code)) this.#link.reset(error.message);
    else this.refused(error);
  }

  #send(frame: object): void {
    this.#link.send(JSON.stringify(frame));
  }

  /** Stops: because it was asked to, or for good reason. */
  #end(error?: PriniaError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#shutdown.clear();
    this.#link.end();
    for (const timer of this.#late.values()) timer.clear();
    this.#slots.close();
    this.#slots.unqueue();
    for (const run of this.#slots.running) run.abort(error ?? new Error("The worker has stopped."));
    this.#emit(error ? { type: "stop", error } : { type: "stop" });
    if (error) this.#closed.reject(error);
    else this.#closed.resolve();
  }

  #emit(event: WorkerEvent): void {
    tell(this.#options.onEvent, event);
  }
}
