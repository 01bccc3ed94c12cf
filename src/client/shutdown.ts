/** Stopping: no more tasks, the running ones to their end, everything said, goodbye. */

import { FLUSH_TIMEOUT_MS, GOODBYE_TIMEOUT_MS } from "../limits.ts";
import { type Hold, released } from "./report.ts";
import type { Reporter } from "./reporter.ts";
import type { Slots } from "./slots.ts";
import { Timer } from "../backend/timer.ts";

export interface ShutdownPorts {
  readonly slots: Slots;
  readonly reporter: Reporter;
  send(frame: object): void;
  /** The worker has stopped. */
  finish(): void;
}

export class Shutdown {
  readonly #ports: ShutdownPorts;
  #phase: "working" | "draining" | "leaving" = "working";
  /** Whether the server has said that it will send no more. */
  #drained = false;
  #broken = false;
  readonly #timer = new Timer();
  #endsAt = Number.POSITIVE_INFINITY;

  constructor(ports: ShutdownPorts) {
    this.#ports = ports;
  }

  get begun(): boolean {
    return this.#phase !== "working";
  }

  /** Begins, or, when called again, shortens the grace. */
  begin(graceMs: number): void {
    const endsAt = performance.now() + graceMs;
    if (endsAt < this.#endsAt) {
      this.#endsAt = endsAt;
      this.#timer.set(graceMs, () => this.#outOfPatience());
    }
    if (this.begun) return;
    this.#phase = "draining";
    this.#ports.slots.close();
    this.giveBack();
    this.#ports.reporter.flush();
    this.#ports.send(NO_MORE);
  }

  /** Gives back what was not begun. */
  giveBack(): void {
    for (const task of this.#ports.slots.unqueue()) this.#ports.reporter.add(released(task));
  }

  /** A new socket, on which the server was told of room that is not there any more. */
  registered(unknown: readonly Hold[]): void {
    if (!this.begun) return;
    for (const lease of unknown) this.#ports.reporter.add(released(lease));
    this.#ports.reporter.flush();
    this.#ports.send(NO_MORE);
  }

  /** The server's answer to that: whatever it sent before has come. */
  drained(): void {
    this.#drained = true;
    this.look();
  }

  /** The socket is gone. With nothing left to say, one more socket is tried, to say goodbye on. */
  broken(): void {
    if (!this.begun) return;
    this.#drained = false;
    if (this.#phase === "leaving" || (this.#broken && this.#isDone)) this.#ports.finish();
    this.#broken = true;
  }

  /** Something ended or was answered: says goodbye when nothing is left. */
  look(): void {
    if (this.#phase !== "draining" || !this.#drained || !this.#isDone) return;
    this.#phase = "leaving";
    this.#timer.set(GOODBYE_TIMEOUT_MS, () => this.#ports.finish());
    this.#ports.send({ type: "goodbye" });
  }

  clear(): void {
    this.#timer.clear();
  }

  get #isDone(): boolean {
    return this.#ports.slots.isIdle && this.#ports.reporter.isEmpty;
  }

  #outOfPatience(): void {
    const { slots, reporter, finish } = this.#ports;
    for (const run of [...slots.running]) {
      if (!run.aborted) reporter.add(released(run.task));
      run.abort(new Error("The worker stops."));
      slots.end(run);
    }
    reporter.flush();
    this.#timer.set(FLUSH_TIMEOUT_MS, finish);
    this.look();
  }
}

const NO_MORE = { type: "credit", set: 0 };
