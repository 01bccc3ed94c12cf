/** Frames that go out over a socket. */

import type { ErrorCode } from "../task/result.ts";
import type { Status } from "../task/status.ts";
import type { EventAnswer, LostLease, Pushed, RawJson } from "../task/task.ts";
import type { LeasedTask, WaitEntry } from "./answers.ts";
import { objectText } from "./encode.ts";
import type { QueueInfo, QueueStats, Totals, WorkerInfo } from "./queue-answers.ts";

/** A change that watchers of tasks are told. */
export interface TaskChange {
  readonly id: string;
  /** Absent once the task is gone. */
  readonly status?: Status;
  readonly gone?: true;
  readonly queue?: string;
  readonly attempt?: number;
  readonly priority?: number;
  readonly runAt?: number;
}

/** A lease that the session still has. */
interface ResumedLease {
  readonly id: string;
  readonly lease: string;
  readonly status: Status;
}

/**
 * Every frame of the server. A client reads tasks, results and progress as values; the server writes them as JSON text
 * (`ServerFrame<RawJson, RawJson, RawJson>`).
 */
export type ServerFrame<Task = LeasedTask, Entry = WaitEntry, Json = unknown> =
  | {
      readonly type: "registered";
      readonly worker: string;
      readonly session: string;
      readonly orphanAfterMs: number;
      readonly partitions: number;
      readonly keyedPartitions: number;
      readonly draining?: number;
      readonly hash: "fnv1a32";
      readonly resumed: readonly ResumedLease[];
    }
  | { readonly type: "tasks"; readonly tasks: readonly Task[] }
  | { readonly type: "answer"; readonly ref: string; readonly events: readonly EventAnswer[] }
  | { readonly type: "answer"; readonly ref: string; readonly tasks: readonly Pushed[] }
  | { readonly type: "result"; readonly ref: string; readonly results: readonly Entry[] }
  | { readonly type: "progress"; readonly ref: string; readonly id: string; readonly progress: Json }
  | { readonly type: "credit"; readonly credit: number }
  | { readonly type: "lost"; readonly leases: readonly LostLease[] }
  | { readonly type: "idle" }
  | { readonly type: "event"; readonly ref: string; readonly topic: "tasks"; readonly tasks: readonly TaskChange[] }
  | { readonly type: "event"; readonly ref: string; readonly topic: "workers"; readonly workers: readonly WorkerInfo[] }
  | {
      readonly type: "event";
      readonly ref: string;
      readonly topic: "stats";
      readonly stats: QueueInfo | QueueStats | Totals;
    }
  | {
      readonly type: "error";
      readonly ref?: string;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly path?: string;
      readonly partitions?: number;
      readonly keyedPartitions?: number;
      readonly draining?: number;
    };

/** A frame as it is sent. */
export function serverFrameText(frame: ServerFrame<RawJson, RawJson, RawJson>): string {
  const type = JSON.stringify(frame.type);
  switch (frame.type) {
    case "tasks":
      return listFrame(`{"type":"tasks","tasks":[`, frame.tasks);
    case "result":
      return listFrame(`{"type":"result","ref":${JSON.stringify(frame.ref)},"results":[`, frame.results);
    case "progress":
      return objectText({
        type,
        ref: JSON.stringify(frame.ref),
        id: JSON.stringify(frame.id),
        progress: frame.progress,
      });
    case "registered":
    case "answer":
    case "credit":
    case "lost":
    case "idle":
    case "event":
    case "error":
      return JSON.stringify(frame);
    default:
      return frame satisfies never;
  }
}

/** A frame that ends with its list. Pieces are added up and put together when it is sent, once: it may be large. */
const listFrame = (head: string, texts: readonly RawJson[]): string =>
  `${texts.reduce((text, one, place) => (place === 0 ? text + one : `${text},${one}`), head)}]}`;
