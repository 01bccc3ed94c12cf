/** A TCP proxy in front of a server, which misbehaves when told to: swallows bytes, is slow, cuts, also in mid-frame. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanUp } from "./cleanup.ts";

/** Which way bytes go; from the client is `up`. */
type Way = "up" | "down";

export interface TcpProxy {
  readonly url: string;
  /** Swallows whatever comes, from now on, on connections that are open: half-open, as nobody is told. Both ways, or one. */
  swallow(way?: Way): void;
  /** Each piece of data arrives so many ms late, in order. */
  delay(ms: number): void;
  /** Breaks all connections without a farewell. New ones are served. */
  cut(): void;
  /** Breaks the connections of which the client's first words have this in them, as the partition of a socket. @returns how many */
  cutWhere(words: string): number;
  /** Each open connection passes a part of its next piece of data that way, and breaks then. */
  cutWithin(way: Way): void;
  /** Connections made so far. */
  connections(): number;
}

class Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly swallowing: Set<Way> = new Set();
  cutting: Way | undefined;
  /** The client's first words: of a socket the request for it. */
  words = "";

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

/** One way of a pair. What comes leaves in order, however the delay changes. */
class Lane {
  readonly #pair: Pair;
  readonly #to: Socket;
  readonly #way: Way;
  #tail: Promise<void> = Promise.resolve();
  #isIdle = true;
  #isCut = false;

  constructor(pair: Pair, to: Socket, way: Way) {
    this.#pair = pair;
    this.#to = to;
    this.#way = way;
  }

  /** Passes a piece on after so long. */
  pass(bytes: Buffer, lateMs: number): void {
    if (this.#isIdle && lateMs === 0) this.#write(bytes);
    else this.after(lateMs, () => this.#write(bytes));
  }

  /** Does something once all that came before has left. */
  after(lateMs: number, what: () => void): void {
    const due = Date.now() + lateMs;
    this.#isIdle = false;
    const tail = this.#tail.then(async () => {
      await sleep(Math.max(0, due - Date.now()));
      what();
      this.#isIdle = this.#tail === tail;
    });
    this.#tail = tail;
  }

  #write(bytes: Buffer): void {
    if (!this.#to.writable || this.#isCut || this.#pair.swallowing.has(this.#way)) return;
    if (this.#pair.cutting !== this.#way) {
      this.#to.write(bytes);
      return;
    }
    // The half is sent first; then both ends are gone.
    this.#isCut = true;
    this.#to.write(bytes.subarray(0, bytes.length >> 1), () => this.#pair.destroy());
  }
}

export async function startProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Pair>();
  let lateMs = 0;
  let made = 0;

  const pass = (pair: Pair, from: Socket, to: Socket, way: Way): void => {
    const lane = new Lane(pair, to, way);
    from.on("data", (bytes) => lane.pass(bytes, lateMs));
    from.on("error", () => undefined);
    from.on("close", () => {
      if (!pair.swallowing.has(way)) lane.after(lateMs, () => to.destroy());
    });
  };

  const listener = createServer((client) => {
    made++;
    const pair = new Pair(client, connect(Number(port), hostname));
    pairs.add(pair);
    // What swallows goes on to hold its other end.
    client.on("close", () => pair.swallowing.size === 0 && pairs.delete(pair));
    client.once("data", (bytes) => {
      pair.words = bytes.toString("latin1");
    });
    pass(pair, client, pair.server, "up");
    pass(pair, pair.server, client, "down");
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const cut = (): void => {
    for (const pair of pairs) pair.destroy();
    pairs.clear();
  };
  cleanUp(async () => {
    listener.close();
    cut();
  });
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    swallow: (way) => {
      for (const pair of pairs) for (const one of way ? [way] : WAYS) pair.swallowing.add(one);
    },
    delay: (ms) => {
      lateMs = ms;
    },
    cut,
    cutWhere: (words) => {
      const meant = [...pairs].filter((pair) => pair.words.includes(words));
      for (const pair of meant) pair.destroy();
      return meant.length;
    },
    cutWithin: (way) => {
      for (const pair of pairs) pair.cutting = way;
    },
    connections: () => made,
  };
}

const WAYS: readonly Way[] = ["up", "down"];
