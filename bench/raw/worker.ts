/**
 * A Worker of the benchmark's own, built and run as the server is: what one object can do without a queue. It stands
 * where the queue's object stands, so that the same configuration of workerd serves.
 */

import { DurableObject } from "cloudflare:workers";
import { durableDriver } from "../../src/store/durable.ts";
import type { FullRow } from "../../src/store/rows.ts";
import { growthOf } from "./growth.ts";
import { Ledger } from "./ledger.ts";
import type { Mix } from "./verb-cost.ts";

interface Env {
  readonly QUEUE: DurableObjectNamespace;
}

/** What is asked of an object: `/sql/<verb>?count=…&batch=…`, `/growth?rows=…`, or a socket at `/echo` or `/relay`. */
export default {
  fetch: (request: Request, { QUEUE }: Env): Promise<Response> =>
    QUEUE.getByName(new URL(request.url).searchParams.get("object") ?? "raw/0").fetch(request),
};

export class QueueObject extends DurableObject {
  #ledger: Ledger | undefined;

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.headers.get("upgrade") === "websocket") return this.#socket(url.pathname.slice(1));
    const number = (name: string) => Number(url.searchParams.get(name) ?? 0);
    if (url.pathname === "/growth") {
      const mix = url.searchParams.get("mix") as Mix;
      return Response.json(growthOf(this.ctx.storage, number("rows"), mix, number("calls")));
    }
    return Response.json(await this.#run(url.pathname.slice("/sql/".length), number("count"), number("batch")));
  }

  #socket(kind: string): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [kind]);
    return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": "prinia.v1" } });
  }

  /** `echo`: as many characters as the number that it begins with says. `relay`: what one sends, all others get. */
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const text = String(message);
    if (this.ctx.getTags(socket)[0] === "echo") socket.send("y".repeat(Number.parseInt(text, 10)));
    else for (const other of this.ctx.getWebSockets("relay")) if (other !== socket) other.send(text);
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Commits in batches, each on the disk before the next begins. @returns how many commits that were */
  async #run(verb: string, count: number, batch: number): Promise<number> {
    const step = this.#stepOf(verb, batch);
    let commits = 0;
    for (; commits * batch < count; commits++) {
      step();
      await this.ctx.storage.sync();
    }
    return commits;
  }

  #stepOf(verb: string, batch: number): () => void {
    this.#ledger ??= new Ledger(durableDriver(this.ctx.storage));
    const ledger = this.#ledger;
    let held: FullRow[] = [];
    const steps: Readonly<Record<string, () => void>> = {
      push: () => ledger.commit((tx) => ledger.push(tx, batch)),
      // As a worker's frame does it: what it has done, and the next in its place.
      drain: () =>
        ledger.commit((tx) => {
          ledger.ack(tx, held);
          held = ledger.claim(tx, batch);
        }),
      // As a queue in its steady state does it: what came in goes out, and what went out before is done.
      life: () =>
        ledger.commit((tx) => {
          ledger.ack(tx, held);
          held = ledger.deliver(tx, batch);
        }),
    };
    const step = steps[verb];
    if (!step) throw new Error(`there is no ${verb}`);
    return step;
  }
}

/** The configuration names it; nobody calls it. */
export class DirectoryObject extends DurableObject {}
