/** Sockets over all queues: they watch, and are fed by what queues report to the directory. */

import { WATCH_INTERVAL_MS } from "../limits.ts";
import { hasScope } from "../protocol/caller.ts";
import { decodeFrame } from "../protocol/frames.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import { type Failure, fail, type Result } from "../task/result.ts";
import type { QueuePatterns, Snapshot } from "./api.ts";
import { Connection, type Watch } from "./connection.ts";
import { totalsOf } from "./overview.ts";
import { errorText } from "./refusal.ts";
import { acceptUpgrade, closeReply } from "./upgrade.ts";

type Host = Pick<DurableObjectState, "getWebSockets" | "acceptWebSocket">;

export class OverviewSockets {
  readonly #host: Host;
  readonly #read: (patterns: QueuePatterns) => Snapshot[];
  #timer = false;

  constructor(host: Host, read: (patterns: QueuePatterns) => Snapshot[]) {
    this.#host = host;
    this.#read = read;
  }

  accept(request: Request): Response {
    return acceptUpgrade(this.#host, request, this.#host.getWebSockets().length);
  }

  message(socket: WebSocket, message: string | ArrayBuffer): void {
    const connection = Connection.restore(socket);
    if (!connection) return;
    const now = Date.now();
    const watch = readWatch(connection, message);
    if (!watch.ok || connection.isExpired(now)) {
      if (connection.isExpired(now)) connection.expel(watch.ok ? watch.value.ref : watch.error.ref);
      else if (!watch.ok) connection.send(errorText(watch.error, watch.error.ref), now);
      return;
    }
    connection.memory = { ...connection.memory, watches: withWatch(connection, watch.value) };
    connection.save();
    this.#tell(connection, watch.value);
  }

  closed(socket: WebSocket, code: number): void {
    closeReply(socket, code);
  }

  /** Something was reported: whoever watches hears of it soon, of all that is reported meanwhile at once. */
  changed(): void {
    if (this.#timer || this.#host.getWebSockets().length === 0) return;
    this.#timer = true;
    setTimeout(() => this.#tellAll(), WATCH_INTERVAL_MS);
  }

  #tellAll(): void {
    this.#timer = false;
    const now = Date.now();
    for (const socket of this.#host.getWebSockets()) {
      const connection = Connection.restore(socket);
      if (!connection?.isOpen) continue;
      if (connection.isExpired(now)) connection.expel();
      else for (const watch of connection.memory.watches) this.#tell(connection, watch);
    }
  }

  #tell(connection: Connection, { ref, topics }: Watch): void {
    const now = Date.now();
    const snapshots = this.#read(connection.caller.queues);
    for (const topic of topics) {
      if (topic === "stats") {
        connection.send(serverFrameText({ type: "event", ref, topic, stats: totalsOf(snapshots, now) }), now);
      }
      if (topic === "workers") {
        const workers = snapshots.flatMap((snapshot) => [...snapshot.workers]);
        connection.send(serverFrameText({ type: "event", ref, topic, workers }), now);
      }
    }
  }
}

/** A watch under a ref takes the place of the one before. */
const withWatch = ({ memory }: Connection, watch: Watch): Watch[] => [
  ...memory.watches.filter((one) => one.ref !== watch.ref),
  watch,
];

/** `watch` alone is taken here, of what the directory knows. */
function readWatch(
  connection: Connection,
  message: string | ArrayBuffer,
): Result<Watch, Failure & { readonly ref?: string }> {
  if (typeof message !== "string")
    return fail("bad_request", "Frames are JSON text; this one is binary.", { path: "body" });
  const frame = decodeFrame(message);
  if (!frame.ok) return frame;
  const ref = "ref" in frame.value ? { ref: frame.value.ref } : {};
  const refuse = (failure: Failure) => ({ ok: false as const, error: { ...failure, ...ref } });
  if (frame.value.type !== "watch") {
    return refuse(
      fail("bad_request", "This socket takes `watch` alone: use the queue's own for all else.", { path: "type" }).error,
    );
  }
  if (!hasScope(connection.caller, ["read"])) return refuse(fail("forbidden", "`watch` needs the scope `read`.").error);
  // The directory knows no tasks: of several topics they are left out, alone they are refused.
  const watch: Watch = {
    ref: frame.value.ref,
    topics: [...new Set(frame.value.topics)].filter((one) => one !== "tasks"),
  };
  if (watch.topics.length === 0) {
    return refuse(
      fail("bad_request", "Tasks are watched on their queue's own socket; here are `workers` and `stats`.", {
        path: "topics",
      }).error,
    );
  }
  return connection.fits({ ...connection.memory, watches: withWatch(connection, watch) })
    ? { ok: true, value: watch }
    : refuse(fail("too_many_requests", "This socket watches as much as it can remember: open another one.").error);
}
