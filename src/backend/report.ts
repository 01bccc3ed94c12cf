/** What the holder of a lease has to say: as an event, and as JSON text, in which results and progress stand as they are. */

import type { HolderEvent } from "../task/task.ts";

/** One event to be sent. */
export interface Report {
  readonly type: HolderEvent["type"];
  readonly id: string;
  readonly lease: string;
  readonly event: HolderEvent;
  /** About how long it is as JSON. */
  readonly characters: number;
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
  return { type, id, lease, event, characters: charactersOf(event) };
}

/** The task is Killed, whatever its handler made of it. */
export const killed = ({ id, lease }: Hold, error: string): Report => ({
  ...reportOf({ type: "ack", id, lease, result: { err: error, abort: true } }),
  last: true,
});

/** The task goes back as if it had not been begun. */
export const released = ({ id, lease }: Hold): Report => reportOf({ type: "release", id, lease });

/** Whether the lease is not held any more after it. */
export const isEnd = ({ type }: Pick<Report, "type">): boolean =>
  type === "ack" || type === "snooze" || type === "release";

/** What JSON adds to the texts of an event: its names, an id, a lease, numbers. */
const FRAME_CHARACTERS = 160;

function charactersOf(event: HolderEvent): number {
  if (event.type === "progress") return FRAME_CHARACTERS + event.progress.length;
  if (event.type !== "ack") return FRAME_CHARACTERS;
  const { result, logs = [] } = event;
  const lines = logs.reduce((sum, line) => sum + line.length + 3, 0);
  return FRAME_CHARACTERS + lines + ("ok" in result ? result.ok.length : result.err.length);
}

/** A list of events as JSON text. */
export const eventsText = (events: readonly HolderEvent[]): string => `[${events.map(eventText).join()}]`;

function eventText(event: HolderEvent): string {
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
