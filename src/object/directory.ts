/** DirectoryObject: which queues exist, with a snapshot of each. Written seldom, and never on the push path. */

import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { coversQueue } from "../protocol/caller.ts";
import type { SqlDriver } from "../store/driver.ts";
import { durableDriver } from "../store/durable.ts";
import { statsOf } from "../task/meters.ts";
import { ok } from "../task/result.ts";
import type { DirectoryApi, QueuePatterns, Snapshot } from "./api.ts";
import { asOf, oneOf, totalsOf } from "./overview.ts";
import { OverviewSockets } from "./overview-sockets.ts";

interface EntryRow {
  readonly name: string;
  readonly snapshot: string;
}

/** A queue's partition 0 has its row in `queue`, all others in `part`: most queues have one. */
const CREATE = `
  CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY, snapshot TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS part (
    name TEXT NOT NULL, partition INTEGER NOT NULL, snapshot TEXT NOT NULL, PRIMARY KEY (name, partition)
  ) STRICT, WITHOUT ROWID;`;

export class DirectoryObject extends DurableObject<Env> implements DirectoryApi {
  readonly #sql: SqlDriver;
  readonly #sockets: OverviewSockets;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    this.#sql = durableDriver(ctx.storage);
    this.#sql.script(CREATE);
    this.#sockets = new OverviewSockets(ctx, (patterns) => this.#snapshots(patterns));
  }

  async report(snapshot: Snapshot): Promise<void> {
    const { info, partition = 0 } = snapshot;
    const text = JSON.stringify(snapshot);
    if (partition === 0) {
      this.#sql.all(
        "INSERT INTO queue (name, snapshot) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot",
        info.name,
        text,
      );
    } else {
      this.#sql.all(
        `INSERT INTO part (name, partition, snapshot) VALUES (?1, ?2, ?3)
         ON CONFLICT (name, partition) DO UPDATE SET snapshot = excluded.snapshot`,
        info.name,
        partition,
        text,
      );
    }
    this.#sockets.changed();
  }

  async forget(queue: string, partition: number): Promise<void> {
    if (partition === 0) this.#sql.all("DELETE FROM queue WHERE name = ?1", queue);
    else this.#sql.all("DELETE FROM part WHERE name = ?1 AND partition = ?2", queue, partition);
    this.#sockets.changed();
  }

  async queues({ patterns, limit, after, stats = false }: Parameters<DirectoryApi["queues"]>[0]) {
    const found = this.#snapshots(patterns, after);
    const page = found.slice(0, limit);
    const queues = page.map(({ info, measures }) => (stats && measures ? { ...info, ...statsOf(measures) } : info));
    return ok({ queues, more: found.length > limit, asOf: asOf(page, Date.now()) });
  }

  async workers({ patterns }: { patterns: QueuePatterns }) {
    const found = this.#snapshots(patterns);
    return ok({ workers: found.flatMap(({ workers }) => [...workers]), asOf: asOf(found, Date.now()) });
  }

  async stats({ patterns }: { patterns: QueuePatterns }) {
    return ok(totalsOf(this.#snapshots(patterns), Date.now()));
  }

  async metrics({ patterns, limit }: { patterns: QueuePatterns; limit: number }) {
    const found = this.#snapshots(patterns);
    const queues = found.slice(0, limit).map(({ info, at, measures }) => ({ info, at, ...(measures && { measures }) }));
    return ok({ queues, omitted: found.length - queues.length });
  }

  async health() {
    this.#sql.all("SELECT 1 FROM queue LIMIT 1");
    return ok(null);
  }

  override async fetch(request: Request): Promise<Response> {
    return this.#sockets.accept(request);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#sockets.message(socket, message);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    this.#sockets.closed(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#sockets.closed(socket, 1006);
  }

  /** By name, in the order of their bytes. */
  #snapshots(patterns: QueuePatterns, after = ""): Snapshot[] {
    const rows = this.#sql.all<EntryRow>(
      `SELECT name, snapshot, 0 AS partition FROM queue WHERE name > ?1
       UNION ALL SELECT name, snapshot, partition FROM part WHERE name > ?1 ORDER BY name, partition`,
      after,
    );
    const covered = rows.filter(({ name }) => coversQueue(patterns, name));
    const read = (row: EntryRow) => JSON.parse(row.snapshot) as Snapshot;
    return [...Map.groupBy(covered, ({ name }) => name).values()].map((parts) => oneOf(parts.map(read)));
  }
}
