/** Settings as texts of a form, and the smallest change that leads from the ones to the others. */

import type { QueueStats } from "../types.ts";
import { durationField, durationOf } from "../ui/time.ts";

type Config = QueueStats["config"];

export const CONFIG_FIELDS = [
  "paused",
  "orphanAfterMs",
  "doneMs",
  "killedMs",
  "priority",
  "maxAttempts",
  "timeoutMs",
  "type",
  "baseMs",
  "factor",
  "maxMs",
  "jitter",
] as const;
export type ConfigField = (typeof CONFIG_FIELDS)[number];
export type ConfigTexts = Readonly<Record<ConfigField, string>>;

export function configTexts({ paused, orphanAfterMs, retention, defaults }: Config): ConfigTexts {
  const { priority, maxAttempts, timeoutMs, backoff } = defaults;
  const duration = (ms: number | null): string => (ms === null ? "" : durationField(ms));
  return {
    paused: String(paused),
    orphanAfterMs: duration(orphanAfterMs),
    doneMs: duration(retention.doneMs),
    killedMs: duration(retention.killedMs),
    priority: String(priority),
    maxAttempts: String(maxAttempts),
    timeoutMs: duration(timeoutMs),
    type: backoff.type,
    baseMs: duration(backoff.baseMs),
    factor: String(backoff.factor),
    maxMs: duration(backoff.maxMs),
    jitter: String(backoff.jitter),
  };
}

type Value = string | number | boolean | null;
type Change =
  | { readonly patch: Readonly<Record<string, unknown>> }
  | { readonly field: ConfigField; readonly wrong: string };

/** Fields whose empty text clears them. */
const CLEARABLE: readonly ConfigField[] = ["doneMs", "killedMs", "timeoutMs"];
const GROUPS: Readonly<Record<string, readonly ConfigField[]>> = {
  retention: ["doneMs", "killedMs"],
  backoff: ["type", "baseMs", "factor", "maxMs", "jitter"],
  defaults: ["priority", "maxAttempts", "timeoutMs"],
};

/** What to send, which is nothing that stays the same: an empty patch when nothing changes. Or what cannot be read. */
export function configPatchOf(config: Config, texts: ConfigTexts): Change {
  const before = configTexts(config);
  const values = new Map<ConfigField, Value>();
  for (const field of CONFIG_FIELDS) {
    if (texts[field].trim() === before[field]) continue;
    const value = readField(field, texts[field].trim());
    if (value === undefined) return { field, wrong: wordsFor(field) };
    values.set(field, value);
  }
  const group = (name: string): Record<string, unknown> =>
    Object.fromEntries(
      (GROUPS[name] ?? []).flatMap((field) => (values.has(field) ? [[field, values.get(field)]] : [])),
    );
  const backoff = group("backoff");
  // A backoff is filled in from the server's defaults, not from what was: so it is sent as a whole.
  const whole = Object.keys(backoff).length === 0 ? {} : { backoff: { ...config.defaults.backoff, ...backoff } };
  const defaults = { ...group("defaults"), ...whole };
  const retention = group("retention");
  return {
    patch: {
      ...(values.has("paused") ? { paused: values.get("paused") } : {}),
      ...(values.has("orphanAfterMs") ? { orphanAfterMs: values.get("orphanAfterMs") } : {}),
      ...(Object.keys(retention).length === 0 ? {} : { retention }),
      ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    },
  };
}

/** `undefined` for what cannot be read. */
function readField(field: ConfigField, text: string): Value | undefined {
  if (field === "paused") return text === "true";
  if (field === "type") return text;
  if (field.endsWith("Ms")) {
    if (text === "") return CLEARABLE.includes(field) ? null : undefined;
    return durationOf(text) ?? undefined;
  }
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const wordsFor = (field: ConfigField): string =>
  field.endsWith("Ms") ? "Write a number and a unit, such as 90 s, 5 min, 2 h or 7 d." : "Write a number.";
