/** Task ids and leases: minted, parsed, and what they carry. */

/**
 * What a task id says: 48 bits of time, 10 of partition, 40 of sequence, 30 random. In ULID form each falls on whole
 * characters (10, 2, 8 and 6), so an id is four numbers in base 32, and by-id access is by the row's own key.
 */
export interface TaskId {
  /** Creation, ms since the epoch; never before that of the id before it. */
  readonly ms: number;
  readonly partition: number;
  /** The row's key within its partition. */
  readonly seq: number;
  /** 30 bits, compared with the row's, so that ids cannot be guessed from one another. */
  readonly random: number;
}

/** Crockford's base 32: no I, L, O, U. Sorted, so that ids sort by time. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const DIGITS = new Map([...ALPHABET].map((character, value) => [character, value]));

const ID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Writes a number of at most 53 bits in so many characters. */
function encode(value: number, length: number): string {
  let text = "";
  for (let rest = value, i = 0; i < length; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const character of text) value = value * 32 + (DIGITS.get(character) ?? 0);
  return value;
}

/** The id as a string of 26 characters. */
export function formatId(id: TaskId): string {
  return encode(id.ms, 10) + encode(id.partition, 2) + encode(id.seq, 8) + encode(id.random, 6);
}

/** Reads an id, or `null` when the text is not one: such an id names no task. */
export function parseId(text: string): TaskId | null {
  if (!ID_PATTERN.test(text)) return null;
  return {
    ms: decode(text.slice(0, 10)),
    partition: decode(text.slice(10, 12)),
    seq: decode(text.slice(12, 20)),
    random: decode(text.slice(20)),
  };
}

/**
 * A lease as the holder sees it: the claim's token and the task's sequence, so that one random number serves a whole
 * batch and a lease still names one task.
 */
export function formatLease(token: number, seq: number): string {
  return `${token.toString(36)}.${seq.toString(36)}`;
}

const LEASE_PATTERN = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;

/** Reads a lease, or `null` when the text is not one: such a lease is lost. */
export function parseLease(text: string): { token: number; seq: number } | null {
  const match = LEASE_PATTERN.exec(text);
  if (!match) return null;
  const [, token = "", seq = ""] = match;
  return { token: Number.parseInt(token, 36), seq: Number.parseInt(seq, 36) };
}
