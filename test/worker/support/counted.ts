/** The Worker with an eye on its queue's objects: how often one is made, woken or writes, asked without waking it. */

import type { Env } from "../../../src/env.ts";
import worker, { QueueObject as Queue } from "../../../src/index.ts";

export { DirectoryObject, PriniaService } from "../../../src/index.ts";

/** All that happened to the objects of this isolate. It outlives them: they are made anew whenever they wake. */
const counts = { constructed: 0, alarms: 0, messages: 0, statements: 0 };
/** What was opened since the rows were last counted; a cursor knows them when all is read. */
let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
let rowsWritten = 0;

export class QueueObject extends Queue {
  constructor(ctx: DurableObjectState, env: Env) {
    counts.constructed++;
    watch(ctx.storage.sql);
    super(ctx, env);
  }

  override alarm(): Promise<void> {
    counts.alarms++;
    return super.alarm();
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    counts.messages++;
    return super.webSocketMessage(socket, message);
  }
}

function watch(sql: SqlStorage): void {
  const exec = sql.exec.bind(sql);
  Object.assign(sql, {
    exec: (statement: string, ...parameters: unknown[]) => {
      counts.statements++;
      const cursor = exec(statement, ...parameters);
      cursors.push(cursor);
      return cursor;
    },
  });
}

function seen(): typeof counts & { rowsWritten: number } {
  for (const cursor of cursors) rowsWritten += cursor.rowsWritten;
  cursors = [];
  return { ...counts, rowsWritten };
}

export default {
  fetch: (request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> =>
    new URL(request.url).pathname === "/counts" ? Response.json(seen()) : worker.fetch(request, env, ctx),
};
