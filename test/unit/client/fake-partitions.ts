/** A server with a partitioned queue under test: its sockets by partition, and a refusal for who names none. */

import { expect } from "vitest";
import type { ServerOptions } from "../../../src/client/index.ts";
import { formatId } from "../../../src/task/id.ts";
import { partitionOfKey } from "../../../src/task/partition.ts";
import { problem } from "./fake-fetch.ts";
import { FakeSocket, type Frame } from "./fake-socket.ts";
import { registered, settle } from "./worker-bench.ts";

/** An id of a partition. */
export const idOf = (partition: number, seq: number): string => formatId({ ms: 1, partition, seq, random: 1 });

/** A key that belongs to a partition. */
export function keyFor(partition: number, keyed: number, salt = ""): string {
  for (let n = 0; ; n++) if (partitionOfKey(`${salt}${n}`, keyed) === partition) return `${salt}${n}`;
}

/** A task of a partition, as it is delivered. */
export const taskOf = (partition: number, n: number, more: object = {}) => ({
  id: idOf(partition, n),
  lease: `l${partition}.${n}`,
  queue: "a/b",
  codec: "json",
  args: { partition, n },
  status: "Running",
  attempt: 1,
  maxAttempts: 5,
  runs: [],
  ...more,
});

export class PartitionedServer {
  partitions: number;
  keyedPartitions: number;
  /** Requests that came, by method and path. */
  readonly requests: string[] = [];
  readonly bodies: unknown[] = [];

  constructor(partitions: number, keyedPartitions = partitions) {
    this.partitions = partitions;
    this.keyedPartitions = keyedPartitions;
  }

  /** What the client asks without a socket. */
  readonly fetch: NonNullable<ServerOptions["fetch"]> = async (url, { method, body }) => {
    const { pathname, search } = new URL(url);
    this.requests.push(`${method} ${pathname.slice("/v1/queues/a%2Fb".length)}${search}`);
    this.bodies.push(body === undefined ? undefined : JSON.parse(body));
    const { partitions, keyedPartitions } = this;
    return problem(400, { code: "bad_request", detail: "name a partition", partitions, keyedPartitions });
  };

  get counts(): Partial<Frame> {
    return { partitions: this.partitions, keyedPartitions: this.keyedPartitions };
  }

  /** The socket to a partition that was opened last; nothing when there is none. */
  socket(partition: number): FakeSocket | undefined {
    return FakeSocket.opened.findLast(({ url }) => url.endsWith(`/socket?partition=${partition}`));
  }

  /** Answers the opening of a partition's socket. */
  async open(partition: number): Promise<FakeSocket> {
    await settle(100);
    const socket = this.socket(partition) as FakeSocket;
    expect(socket?.readyState, `a socket to partition ${partition} is being opened`).toBe(0);
    socket.accept();
    await settle();
    return socket;
  }

  /** Answers the opening, and the registration on it. */
  async welcome(partition: number, more: Partial<Frame> = {}): Promise<FakeSocket> {
    const socket = await this.open(partition);
    socket.say(registered({ ...this.counts, ...more }));
    await settle();
    return socket;
  }

  /** Refuses the socket that names no partition. */
  async refuseUnnamed(): Promise<void> {
    await settle();
    const socket = FakeSocket.opened.at(-1) as FakeSocket;
    expect(socket.url).toMatch(/\/socket$/);
    socket.drop();
    await settle();
  }

  /** A worker is there on all partitions. */
  async welcomeAll(): Promise<FakeSocket[]> {
    await this.refuseUnnamed();
    const sockets: FakeSocket[] = [];
    for (let partition = 0; partition < this.partitions; partition++) sockets.push(await this.welcome(partition));
    return sockets;
  }
}

/** The credit that frames granted: what `register`, `events` and `credit` add, and what was set last. */
export function creditIn(frames: readonly Frame[], before = 0): number {
  return frames.reduce((sum, { type, credit = 0, set }) => {
    if (type === "register") return credit as number;
    return type === "credit" && set !== undefined ? (set as number) : sum + (credit as number);
  }, before);
}
