/** One end of a queue's socket, as tests speak on it. */

import { expect } from "vitest";
import type { LeasedTask } from "../../../src/protocol/answers.ts";
import { until } from "../../support/processes.ts";
import { openSocket, type TestSocket } from "../../support/socket.ts";
import { first, type Queue } from "./queue.ts";

export type Frame = TestSocket["frames"][number];

/** A task of another queue altogether: nobody knows it here. */
export const UNKNOWN_ID = "01JZZZZZZZ00000000000000ZZ";

export interface Registered {
  readonly session: string;
  readonly resumed: readonly { readonly id: string; readonly lease: string; readonly status: string }[];
}

export class Peer {
  readonly socket: TestSocket;
  #barriers = 0;
  #read = 0;

  private constructor(socket: TestSocket) {
    this.socket = socket;
  }

  static async open({ url }: Pick<Queue, "url">, protocols?: readonly string[], partition?: number): Promise<Peer> {
    const query = partition === undefined ? "" : `?partition=${partition}`;
    return new Peer(await openSocket(`${url}/socket${query}`, protocols === undefined ? {} : { protocols }));
  }

  /** Opens a socket and registers on it. */
  static async worker(queue: Pick<Queue, "url">, registration: object = {}): Promise<Peer & Registered> {
    const peer = await Peer.open(queue);
    peer.send({ type: "register", worker: "w", credit: 0, ...registration });
    const { session, resumed } = await peer.next("registered");
    return Object.assign(peer, { session, resumed } as Registered);
  }

  send(...frames: (object | string)[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  next(type: string, timeoutMs?: number): Promise<Frame> {
    return this.socket.next(type, timeoutMs);
  }

  /** The next `tasks` frame, which must hold one. */
  async task(timeoutMs?: number): Promise<LeasedTask> {
    const { tasks } = await this.next("tasks", timeoutMs);
    expect(tasks).toHaveLength(1);
    return first(tasks as LeasedTask[]);
  }

  /** Reports events; their answers. */
  async report(...events: object[]): Promise<unknown> {
    const ref = `report ${++this.#barriers}`;
    this.send({ type: "events", ref, events });
    await this.#answered(ref);
    return this.socket.frames.find((frame) => frame.ref === ref)?.events;
  }

  /**
   * All frames since the last time, once everything that was sent is answered. Deliveries come at the end of a
   * transaction, behind the answers in it: so it takes a second question to know that the first has had all its effects.
   */
  async settled(): Promise<Frame[]> {
    for (let question = 0; question < 2; question++) {
      const ref = `barrier ${++this.#barriers}`;
      this.send({ type: "wait", ref, ids: [UNKNOWN_ID] });
      await this.#answered(ref);
    }
    const frames = this.socket.frames.slice(this.#read).filter((frame) => !String(frame.ref).startsWith("barrier "));
    this.#read = this.socket.frames.length;
    return frames;
  }

  #answered(ref: string): Promise<void> {
    return until(() => this.socket.frames.some((frame) => frame.ref === ref), `the frame ${ref} was answered`);
  }

  async closed(): Promise<number> {
    return (await this.socket.closed).code;
  }

  close(): void {
    this.socket.close();
  }

  /** Pings from now on, as long as the socket is open: a worker that lives and has nothing to say. */
  ping(everyMs = 250): void {
    this.send("ping");
    const timer = setInterval(() => this.send("ping"), everyMs);
    void this.socket.closed.then(() => clearInterval(timer));
  }
}

export const types = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.type);
