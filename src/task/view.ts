/** A task as the world sees it, with the parts that nobody need parse kept as JSON text. */

import type { Status } from "./status.ts";
import type { Backoff, IdempotencyUntil, RawJson, Run } from "./task.ts";

/** How the last execution ended. `Json` is how JSON is held: as text within the server, as values in a program. */
export type LastResult<Json = RawJson> = { readonly ok: Json } | { readonly err: string };

/** A task. Absent fields are left out, never `null`. */
export interface TaskView<Json = RawJson> {
  readonly id: string;
  readonly queue: string;
  readonly args: Json;
  readonly status: Status;
  readonly priority: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly runAt: number;
  readonly createdAt: number;
  readonly lockAt?: number;
  readonly lockBy?: string;
  readonly doneAt?: number;
  readonly lastResult?: LastResult<Json>;
  /** The last executions, oldest first; the one under way is the last, without an end. */
  readonly runs: readonly Run[];
  readonly backoff: Backoff;
  readonly timeoutMs?: number;
  readonly idempotencyKey?: string;
  readonly idempotencyUntil: IdempotencyUntil;
  readonly groupKey?: string;
  readonly codec: string;
  readonly progress?: Json;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly revision: number;
}

/** A task and the right to run it once. */
export interface LeasedTaskView<Json = RawJson> extends TaskView<Json> {
  readonly lease: string;
}

/** What became of a task so far. */
export interface TaskResultView<Json = RawJson> {
  readonly id: string;
  readonly status: Status;
  readonly attempt: number;
  readonly result?: LastResult<Json>;
  /** What `ok` is written in; absent for JSON. */
  readonly codec?: string;
}
