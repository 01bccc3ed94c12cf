/** The Worker's own sockets to a queue: it holds the client's request while the object may sleep. */

import type { ObjectSocket } from "../env.ts";
import { logBug } from "../protocol/bug.ts";
import { CALLER_HEADER, type Caller, encodeCaller, SUBPROTOCOL } from "../protocol/caller.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { callPartition, type Reach, toldLayout } from "./objects.ts";

/** Whoever waits was checked before; the object need not check again. */
const INTERNAL: Caller = { scopes: ["work", "push"], queues: null, exp: null, internal: true };

/** Frames in the order of their coming. */
export class Frames {
  readonly #socket: ObjectSocket;
  readonly #arrived: string[] = [];
  #waiting: ((frame: string | null) => void) | null = null;
  #broken = false;

  readonly #most: number;

  /** @param most frames that are kept for a reader who is late; beyond that the socket is closed, and what was not read lost */
  constructor(socket: ObjectSocket, most: number = Number.POSITIVE_INFINITY) {
    this.#socket = socket;
    this.#most = most;
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#take(data);
    });
    socket.addEventListener("close", () => this.#break());
    socket.addEventListener("error", () => this.#break());
    socket.accept();
  }

  /** The next frame, or `null` once the socket is closed and all that came was read. One reader at a time. */
  next(): Promise<string | null> {
    const first = this.#arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#broken) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Sends a frame; on a socket that is closed already it is lost, and `next` tells. */
  send(frame: unknown): void {
    try {
      this.#socket.send(JSON.stringify(frame));
    } catch {
      this.#break();
    }
  }

  close(): void {
    try {
      this.#socket.close(1000);
    } catch {
      // It was closed by the other side.
    }
    this.#break();
  }

  #take(frame: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) waiting(frame);
    else if (!this.#broken && this.#arrived.push(frame) > this.#most) {
      this.#arrived.length = 0;
      this.close();
    }
  }

  #break(): void {
    this.#broken = true;
    this.#waiting?.(null);
    this.#waiting = null;
  }
}

/** Opens a socket to a partition of a queue; opening it again is always safe. */
export async function openFrames(
  reach: Reach,
  queue: string,
  partition: number,
  most?: number,
): Promise<Result<Frames>> {
  const url = `https://prinia/v1/queues/${encodeURIComponent(queue)}/socket?partition=${partition}`;
  const [layout] = toldLayout(reach, queue);
  const headers = {
    upgrade: "websocket",
    "sec-websocket-protocol": SUBPROTOCOL,
    [CALLER_HEADER]: encodeCaller(layout === undefined ? INTERNAL : { ...INTERNAL, layout }),
  };
  return callPartition(reach, queue, partition, async (stub) => {
    const { status, webSocket } = await stub.fetch(new Request(url, { headers }));
    if (webSocket) return ok(new Frames(webSocket, most));
    // As full as it may be, which is no bug.
    if (status !== 503) logBug(`an internal upgrade, answered ${status}`, new Error());
    return fail("overloaded", "This queue could not be reached just now. Try again.");
  });
}
