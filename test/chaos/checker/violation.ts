/** What a checker may find. */

export const KINDS = [
  "lost push",
  "doubled push",
  "unexpected task",
  "lost ack",
  "ended twice",
  "unexplained execution",
  "beyond maxAttempts",
  "before runAt",
  "two live leases",
  "counters",
  "results",
  "unfinished",
] as const;

export type Kind = (typeof KINDS)[number];

export interface Violation {
  readonly kind: Kind;
  readonly detail: string;
}
