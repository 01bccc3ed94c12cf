/** The history of a queue: that of its partitions, put together. */

import { HISTORY_HOURS, HISTORY_MINUTES } from "../limits.ts";
import type { History, HistoryPoint } from "../protocol/queue-answers.ts";
import { percentiles } from "../task/histogram.ts";
import { HOUR_MS, type MergedPoint, MINUTE_MS, mergedPoints } from "../task/queue-history.ts";
import { ok, type Result } from "../task/result.ts";
import { askAll } from "./fan-out.ts";
import type { Reach } from "./objects.ts";

export async function queueHistory(reach: Reach, queue: string): Promise<Result<History>> {
  const asked = await askAll(reach, queue, (stub) => stub.history());
  if (!asked.ok) return asked;
  const parts = asked.value;
  const now = Math.max(...parts.map((part) => part.now));
  const points = (of: "minutes" | "hours", spanMs: number, count: number) =>
    mergedPoints(
      parts.map((part) => part[of]),
      now - (now % spanMs) - count * spanMs,
    ).map((point) => answerOf(point, Math.min(now, point.at + spanMs)));
  return ok({
    minutes: points("minutes", MINUTE_MS, HISTORY_MINUTES),
    hours: points("hours", HOUR_MS, HISTORY_HOURS),
  });
}

/** @param end when the minute or hour was over, or how far it has come, ms */
function answerOf(point: MergedPoint, end: number): HistoryPoint {
  const { at, pushed, done, failed, killed, waits, runs, waiting, nextAt } = point;
  return {
    ...{ at, pushed, done, failed, killed },
    waitMs: percentiles(waits),
    runMs: percentiles(runs),
    waiting,
    oldestDueAgeMs: nextAt !== null && nextAt <= end ? end - nextAt : null,
  };
}
