/** What the answer of a webhook means for the tasks that were sent to it. */

import type * as v from "valibot";
import { MAX_RESULT_BYTES, MAX_WEBHOOK_REST_MS, MIN_WEBHOOK_REST_MS } from "../../limits.ts";
import { compactJson, isJsonObject, parseJson } from "../../protocol/json.ts";
import { check } from "../../protocol/validate.ts";
import type { HolderEvent, RawJson } from "../../task/task.ts";
import { exceedsBytes, isBase64Json } from "../../task/text.ts";
import { resultsSchema, setbackOf } from "../results.ts";
import type { Delivery, Receipt } from "../target.ts";

type Leased = Delivery["tasks"][number];

/** An answer, as far as it matters. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Whether it says that it is JSON. */
  readonly isJson: boolean;
  /** The body; `null` where it is longer than is read. Of a failure it is the beginning. */
  readonly text: string | null;
}

/** @param isBatch whether the tasks were sent as a batch, even if there is one only */
export function receiptOf(tasks: readonly Leased[], isBatch: boolean, answer: Answer, now: number): Receipt {
  const { status } = answer;
  if (status >= 200 && status < 300) return { events: isBatch ? ofBatch(tasks, answer) : tasks.map(ofOne(answer)) };
  const restMs = status === 429 || status === 503 ? restOf(answer.retryAfter, now) : null;
  if (restMs !== null) {
    return { restMs, events: tasks.map(({ id, lease }) => ({ type: "snooze", id, lease, delayMs: restMs })) };
  }
  const failure = status === 410 ? { err: GONE, abort: true as const } : { err: failureOf(answer) };
  return { events: tasks.map((task) => acked(task, failure)) };
}

const GONE = "The webhook answered 410: it wants no such task any more, so that this one is not tried again.";

function failureOf({ status, text }: Answer): string {
  // A browser's `fetch` gives a redirect that it does not follow the status 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return `The webhook answered ${status === 0 ? "with" : `${status},`} a redirect, which is not followed: give the queue the address that it leads to.`;
  }
  const said = (text ?? "").trim();
  return said === "" ? `The webhook answered ${status}.` : `The webhook answered ${status}: ${said}`;
}

/**
 * `Retry-After`, in seconds or as an HTTP date, in ms from now and within bounds.
 *
 * @returns `null` where there is none that can be read: the answer is a failure like any other then
 */
export function restOf(retryAfter: string | null, now: number): number | null {
  const text = retryAfter?.trim() ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, MIN_WEBHOOK_REST_MS), MAX_WEBHOOK_REST_MS);
}

/** All forms of it name a day; `Date.parse` takes much else for a date. */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/i;

const acked = (
  { id, lease }: Leased,
  result: Extract<HolderEvent, { type: "ack" }>["result"],
  logs?: readonly string[],
): HolderEvent => ({ type: "ack", id, lease, result, ...(logs === undefined ? {} : { logs }) });

/** The task is done, whatever the body says: one that cannot be its result is left out, and the task's log says why. */
const ofOne =
  (answer: Answer) =>
  (task: Leased): HolderEvent => {
    if (!answer.isJson || answer.text === "") return acked(task, { ok: "null" });
    return done(task, resultOf(task, answer.text));
  };

const done = (task: Leased, { ok, why }: Kept): HolderEvent =>
  acked(task, { ok: ok ?? "null" }, why === undefined ? undefined : [`The answer was left out: ${why}`]);

/** A result, or why there is none. */
interface Kept {
  readonly ok?: RawJson;
  readonly why?: string;
}

/** Kept as it was received, so that numbers beyond 2^53 survive. */
function resultOf(task: Leased, text: string | null): Kept {
  if (text === null || exceedsBytes(text, MAX_RESULT_BYTES)) {
    return { why: `it is longer than ${MAX_RESULT_BYTES} bytes.` };
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return { why: "it says that it is JSON, and is not, or nests too deep." };
  const ok = compactJson(text);
  return fits(task, ok) ? { ok } : { why: `${CODEC_WANTS}, got ${typeof parsed.value}.` };
}

const CODEC_WANTS = "a task with a codec must have its result as a base64 string or null";
const fits = ({ codec }: Leased, ok: RawJson): boolean => codec === "json" || ok === "null" || isBase64Json(ok);

const batchSchema = resultsSchema({});
type BatchResult = v.InferOutput<typeof batchSchema>[number];

/** Without `results` all is well; with them, each task must have one. */
function ofBatch(tasks: readonly Leased[], { isJson, text }: Answer): HolderEvent[] {
  const allFailed = (err: string) => tasks.map((task) => acked(task, { err }));
  if (!isJson || text === "") return tasks.map((task) => acked(task, { ok: "null" }));
  if (text === null) return allFailed("The webhook's answer to a batch is longer than is read: send smaller results.");
  const parsed = parseJson(text);
  if (!parsed.ok) return allFailed("The webhook answered a batch with what says that it is JSON, and is not.");
  if (!isJsonObject(parsed.value) || parsed.value.results === undefined) {
    return tasks.map((task) => acked(task, { ok: "null" }));
  }
  const checked = check(batchSchema, parsed.value.results);
  if (!checked.ok) return allFailed(`The webhook's \`results\` are not well formed: ${checked.error.detail}`);
  const results = new Map(checked.value.map((result) => [result.id, result]));
  return tasks.map((task) => ofResult(task, results.get(task.id)));
}

function ofResult(task: Leased, result: BatchResult | undefined): HolderEvent {
  if (result === undefined) return acked(task, { err: "The webhook's answer to a batch has no result for this task." });
  if (!("ok" in result)) return setbackOf(task, result);
  return done(task, resultOf(task, JSON.stringify(result.ok)));
}
