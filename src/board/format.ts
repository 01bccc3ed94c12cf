/** Numbers, spans and instants, as people read them. */

const counts = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
/** Instants as the reader's system writes them. */
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** 1234567 → `1,234,567`. */
export const formatCount = (count: number): string => counts.format(count);

/** 1234567 → `1.2M`, where there is little room. */
export const formatCompact = (count: number): string => compact.format(count);

/** Per second → `120/s`, `4.2/s`, `15/min`, `3/h`: the unit in which there is something before the point. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0/s";
  if (perSecond >= 1) return `${tidy(perSecond)}/s`;
  if (perSecond * 60 >= 1) return `${tidy(perSecond * 60)}/min`;
  return `${tidy(perSecond * 3600)}/h`;
}

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** 45 → `45 ms`, 1234 → `1.2 s`, 5400000 → `1.5 h`. */
export function formatMs(ms: number): string {
  for (const [size, unit] of UNITS) if (ms >= size) return `${tidy(ms / size)} ${unit}`;
  return `${tidy(ms)} ms`;
}

/** An instant in the reader's time zone. */
export const formatTime = (at: number): string => times.format(at);

const clockTicks = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayTicks = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });

/** Marks on an axis of time, in seconds: the day where they are days apart, else the time of day. */
export const formatTick = (at: number, step: number): string =>
  (step >= 86_400 ? dayTicks : clockTicks).format(at * 1_000);

/** How long ago or ahead: `3 min ago`, `in 12 s`, `now`. Whole units, since it is read while it changes. */
export function formatAgo(at: number, now: number): string {
  const ms = Math.abs(now - at);
  const [size, unit] = UNITS.find(([least]) => ms >= least) ?? [0, ""];
  if (size === 0) return "now";
  const span = `${Math.floor(ms / size)} ${unit}`;
  return at <= now ? `${span} ago` : `in ${span}`;
}

/** Two digits that say something, without zeros that say nothing. */
const tidy = (value: number): string => counts.format(Number(value.toFixed(value < 9.95 ? 1 : 0)));
