/** Durations and instants in words, and back. */

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** How long, in the two largest units that are not nothing: `2 h 5 min`, `340 ms`. */
export function durationText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 10_000) return `${Number((whole / 1_000).toFixed(1))} s`;
  const largest = UNITS.findIndex((unit) => whole >= unit.ms);
  const unit = UNITS[largest] ?? UNITS[3];
  const next = UNITS[largest + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % unit.ms) / next.ms);
  const first = `${Math.floor(whole / unit.ms)} ${unit.name}`;
  return rest === 0 || next === undefined ? first : `${first} ${rest} ${next.name}`;
}

/** A duration as it is put into a field, so that `durationOf` gives it back: `1 d`, `90 s`, `250 ms`. */
export function durationField(ms: number): string {
  const unit = UNITS.find((one) => ms !== 0 && ms % one.ms === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit.ms} ${unit.name}`;
}

const FACTORS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `90 s`, `1 h 30 min`, `250ms`; a number alone is milliseconds. `null` for anything else. */
export function durationOf(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+(\.\d+)?\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  let sum = 0;
  for (const [, amount, unit = ""] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
    const factor = FACTORS[unit];
    if (factor === undefined) return null;
    sum += Number(amount) * factor;
  }
  return Math.round(sum);
}

/** What an `<input type="datetime-local">` shows for an instant, in the browser's own time zone. */
export function instantField(ms: number): string {
  const date = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19);
}

/** The instant that such a field names, ms; `null` when it names none. */
export function instantOf(field: string): number | null {
  const ms = field === "" ? Number.NaN : new Date(field).getTime();
  return Number.isNaN(ms) ? null : ms;
}
