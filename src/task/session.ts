/** Sessions as their workers know them: a number, and a secret that goes with it. */

export interface SessionToken {
  readonly id: number;
  /** 26 characters of base 32. */
  readonly secret: string;
}

/** Sessions that one partition gives numbers to. They are good on all, so no two partitions may give the same. */
const NUMBERS = 2 ** 40;

/** The number of a partition's n-th session. */
export const sessionNumber = (partition: number, n: number): number => partition * NUMBERS + n;

/** The partition that began a session. */
export const originOf = ({ id }: Pick<SessionToken, "id">): number => Math.floor(id / NUMBERS);

export const formatSession = ({ id, secret }: SessionToken): string => `${id.toString(36)}-${secret}`;

const PATTERN = /^([0-9a-z]{1,11})-([0-9a-z]{26})$/;

/** Reads a session, or `null` when the text is not one: such a session is unknown. */
export function parseSession(text: string): SessionToken | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const [, id = "", secret = ""] = match;
  return { id: Number.parseInt(id, 36), secret };
}
