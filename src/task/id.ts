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
/** By code of the character. */
const DIGITS: readonly number[] = Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));

const ID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Every two characters: half as many steps as one by one. */
const PAIRS: readonly string[] = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

/** Writes a number of at most 53 bits in so many pairs of characters. */
function encode(value: number, pairs: number): string {
  let text = "";
  let rest = value;
  for (let pair = 0; pair < pairs; pair++) {
    const above = Math.floor(rest / 1024);
    text = PAIRS[rest - above * 1024] + text;
    rest = above;
  }
  return text;
}

/** Reads the number that stands there. The text was looked at before: it has no other characters. */
function decode(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 32 + (DIGITS[text.charCodeAt(at)] ?? 0);
  return value;
}

/** What the ids of a batch begin with: the last that was written. */
let prefix = { ms: -1, partition: -1, text: "" };

/** The id as a string of 26 characters. */
export function formatId(id: TaskId): string {
  if (id.ms !== prefix.ms || id.partition !== prefix.partition) {
    prefix = { ms: id.ms, partition: id.partition, text: encode(id.ms, 5) + encode(id.partition, 1) };
  }
  return prefix.text + encode(id.seq, 4) + encode(id.random, 3);
}

/** Reads an id, or `null` when the text is not one: such an id names no task. */
export function parseId(text: string): TaskId | null {
  if (!ID_PATTERN.test(text)) return null;
  return {
    ms: decode(text, 0, 10),
    partition: decode(text, 10, 12),
    seq: decode(text, 12, 20),
    random: decode(text, 20, 26),
  };
}

/**
 * A lease as the holder sees it: the claim's token and the task's sequence, so that one random number serves a whole
 * batch and a lease still names one task.
 */
export function formatLease(token: number, seq: number): string {
  if (token !== claim.token) claim = { token, text: `${token.toString(36)}.` };
  return claim.text + seq.toString(36);
}

/** The leases of a claim have their token in common: the last that was written. */
let claim = { token: -1, text: "" };

const LEASE_PATTERN = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;

/** Reads a lease, or `null` when the text is not one: such a lease is lost. */
export function parseLease(text: string): { token: number; seq: number } | null {
  const match = LEASE_PATTERN.exec(text);
  if (!match) return null;
  const [, token = "", seq = ""] = match;
  return { token: Number.parseInt(token, 36), seq: Number.parseInt(seq, 36) };
}
