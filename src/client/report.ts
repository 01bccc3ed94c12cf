/** Events of a holder as JSON text, in which results and progress stand as they are. */

import type { HolderEvent } from "../task/task.ts";

/** One event, encoded. */
export interface Report {
  readonly type: HolderEvent["type"];
  readonly id: string;
  readonly lease: string;
  readonly text: string;
  /** Said in place of a report that was refused: it is not replaced again. */
  readonly last?: true;
}

/** Of which task, by which right. */
export interface Hold {
  readonly id: string;
  readonly lease: string;
}

export function reportOf(event: HolderEvent): Report {
  const { type, id, lease } = event;
  return { type, id, lease, text: textOf(event) };
}

/** The task is Killed, whatever its handler made of it. */
export const killed = ({ id, lease }: Hold, error: string): Report => ({
  ...reportOf({ type: "ack", id, lease, result: { err: error, abort: true } }),
  last: true,
});

/** The task goes back as if it had not been begun. */
export const released = ({ id, lease }: Hold): Report => reportOf({ type: "release", id, lease });

function textOf(event: HolderEvent): string {
  if (event.type === "progress") {
    const { progress, ...rest } = event;
    return spliced(rest, `"progress":${progress}`);
  }
  if (event.type === "ack" && "ok" in event.result) {
    const { result, ...rest } = event;
    return spliced(rest, `"result":{"ok":${result.ok}}`);
  }
  return JSON.stringify(event);
}

const spliced = (rest: object, field: string): string => `${JSON.stringify(rest).slice(0, -1)},${field}}`;
