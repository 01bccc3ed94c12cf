/** Results as they come: a wait held by the Worker over a socket that may break and be opened again. */

import { MAX_REOPEN_PAUSE_MS, REOPEN_PAUSE_MS } from "../limits.ts";
import { logBug } from "../protocol/bug.ts";
import { objectText, resultText } from "../protocol/encode.ts";
import { parseJson } from "../protocol/json.ts";
import type { Shape } from "../protocol/scan.ts";
import type { WaitInput } from "../protocol/selection.ts";
import { PASSING_CODES } from "../task/errors.ts";
import type { ErrorCode } from "../task/result.ts";
import { isTerminal, type Status } from "../task/status.ts";
import type { RawJson } from "../task/task.ts";
import type { TaskResultView } from "../task/view.ts";
import { type Frames, openFrames } from "./frames.ts";
import type { Arrival } from "./route.ts";
import { Stop } from "./stop.ts";

const REF = "wait";

/** What the results say is handed on as it came. */
const FRAME_SHAPE: Shape = {
  fields: new Map<string, Shape>([
    ["results", { items: { fields: new Map([["result", { fields: new Map([["ok", "raw"]]) }]]) } }],
    ["progress", "raw"],
  ]),
};

type Entry = TaskResultView | { readonly id: string; readonly error: { readonly code: ErrorCode } };

type Frame =
  | { readonly type: "result"; readonly results: readonly Entry[] }
  | { readonly type: "progress"; readonly id: string; readonly progress: RawJson }
  | { readonly type: "error"; readonly code: ErrorCode };

/** A wait under way: for tasks of one partition. */
interface Wait {
  readonly arrival: Arrival;
  readonly queue: string;
  readonly partition: number;
  readonly progress: boolean;
  /** The ids that nothing was said of yet. */
  readonly pending: Set<string>;
  readonly stop: Stop;
}

/** A socket to a partition, and the ids to wait for on it. */
export interface WaitPart {
  readonly partition: number;
  readonly ids: readonly string[];
  /** Open; it is closed at the end. */
  readonly frames: Frames;
}

/** The line that ends a wait whose time ran out. */
export const pendingLine = (ids: Iterable<string>): string => JSON.stringify({ pending: [...ids] });

/** The line of an id that no result will come of. */
export const errorLine = (id: string, code: ErrorCode): string => JSON.stringify({ id, error: { code } });

/** Splits what a status call answered into lines of finished tasks and unknown ids, and the ids still pending. */
export function splitFinished(
  results: readonly string[],
  unknown: readonly string[],
): { finished: string[]; pending: string[] } {
  const finished: string[] = [];
  const pending: string[] = [];
  for (const text of results) {
    const { id, status } = JSON.parse(text) as { id: string; status: Status };
    if (isTerminal(status)) finished.push(text);
    else pending.push(id);
  }
  for (const id of unknown) finished.push(errorLine(id, "task_not_found"));
  return { finished, pending };
}

/**
 * Streams a wait: each id once, as soon as it is terminal, then, if time ran out, the pending ones.
 *
 * @param first lines to begin with
 * @param parts one for each partition that has some of the tasks
 * @param format a line of JSON as the client reads it
 */
export function waitStream(
  arrival: Arrival,
  queue: string,
  { waitMs, progress }: Pick<WaitInput, "waitMs" | "progress">,
  first: readonly string[],
  parts: readonly WaitPart[],
  format: (line: string) => string,
): ReadableStream<Uint8Array> {
  const stop = new Stop(arrival.timing, waitMs, arrival.request.signal);
  const waits = parts.map(({ partition, ids, frames }) => {
    const wait: Wait = { arrival, queue, partition, progress, pending: new Set(ids), stop };
    return { wait, lines: waitLines(wait, frames) };
  });
  const batches = allLines(waits, first, stop);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await batches.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value.map(format).join("")));
      },
      cancel: async () => {
        stop.gone();
        await batches.return(undefined);
        // A generator that was never started runs no `finally`.
        for (const { frames } of parts) frames.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Waits for one task.
 *
 * @returns its result as JSON text; `null` when the wait ended without one, or there is no such task any more
 */
export async function awaitedText(
  arrival: Arrival,
  queue: string,
  { partition, ids, frames }: WaitPart,
  stop: Stop,
): Promise<string | null> {
  const wait: Wait = { arrival, queue, partition, progress: false, pending: new Set(ids), stop };
  for await (const lines of waitLines(wait, frames)) return lines.find((line) => !isErrorLine(line)) ?? null;
  return null;
}

/** Whether no result will come: such a line has its error where others have their status. */
const isErrorLine = (line: string): boolean => /^\{"id":"[^"]*","error":/.test(line);

interface Waiting {
  readonly wait: Wait;
  readonly lines: AsyncGenerator<readonly string[], undefined>;
}

/** Lines of all partitions as they come. */
async function* allLines(
  waits: readonly Waiting[],
  first: readonly string[],
  stop: Stop,
): AsyncGenerator<readonly string[], undefined> {
  const next = async (one: Waiting) => ({ one, turn: await one.lines.next() });
  // All begin to listen before the first line is taken.
  const turns = new Map(waits.map((one) => [one, next(one)]));
  try {
    if (first.length > 0) yield first;
    while (turns.size > 0) {
      const { one, turn } = await Promise.race(turns.values());
      turns.delete(one);
      if (turn.done) continue;
      yield turn.value;
      turns.set(one, next(one));
    }
    const pending = waits.flatMap(({ wait }) => [...wait.pending]);
    if (pending.length > 0 && stop.reason !== "gone") yield [pendingLine(pending)];
  } finally {
    stop.clear();
    for (const { lines } of waits) void lines.return(undefined);
  }
  return undefined;
}

/** Lines of one partition, until nothing is pending there or the wait has ended. */
async function* waitLines(wait: Wait, opened: Frames): AsyncGenerator<readonly string[], undefined> {
  const { pending, stop } = wait;
  let frames: Frames | null = opened;
  ask(wait, frames);
  try {
    while (frames !== null && pending.size > 0) {
      const frame: string | "time" | "gone" | null = await Promise.race([frames.next(), stop.promise]);
      if (frame === "time" || frame === "gone") break;
      if (frame === null) {
        frames = await reopen(wait);
        continue;
      }
      const lines = linesOf(frame, pending);
      if (lines === null) break;
      if (lines === "busy") {
        frames.close();
        frames = await reopen(wait, MAX_REOPEN_PAUSE_MS);
        continue;
      }
      if (lines.length > 0) yield lines;
    }
  } finally {
    frames?.close();
  }
  return undefined;
}

const ask = ({ pending, progress }: Wait, frames: Frames): void =>
  frames.send({ type: "wait", ref: REF, ids: [...pending], progress });

/** Opens the socket again and asks for what is still pending; `null` once the wait has ended. */
async function reopen(wait: Wait, firstPauseMs: number = REOPEN_PAUSE_MS): Promise<Frames | null> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, MAX_REOPEN_PAUSE_MS)) {
    await wait.stop.pause(pauseMs);
    if (wait.stop.reason !== null) return null;
    const frames = await openFrames(wait.arrival, wait.queue, wait.partition);
    if (!frames.ok) continue;
    ask(wait, frames.value);
    return frames.value;
  }
}

/** The lines of a frame, each id taken off `pending`; `busy` when the queue will not wait for more just now, `null` when it never will. */
function linesOf(text: string, pending: Set<string>): string[] | "busy" | null {
  const parsed = parseJson(text, FRAME_SHAPE);
  if (!parsed.ok) return [];
  const frame = parsed.value as Frame;
  switch (frame.type) {
    case "result":
      return frame.results.filter(({ id }) => pending.delete(id)).map(entryText);
    case "progress":
      return pending.has(frame.id) ? [objectText({ id: JSON.stringify(frame.id), progress: frame.progress })] : [];
    case "error":
      if (PASSING_CODES.has(frame.code)) return "busy";
      logBug(`a wait, refused with ${frame.code}`, new Error());
      return null;
    default:
      return [];
  }
}

const entryText = (entry: Entry): string =>
  "error" in entry ? errorLine(entry.id, entry.error.code) : resultText(entry);
