/** Both sides of a limit: what is still taken, and what is one too much. */

/** A request below a queue. */
export type Sent = readonly [line: string, body?: unknown];

export type Limit =
  /** `at` must be answered with a success, `past` be refused as `code path`. */
  | { readonly type: "sides"; readonly at: Sent; readonly past: Sent; readonly refusal: string }
  /** Another test has it: its file below `test`, and words of its name. */
  | { readonly type: "elsewhere"; readonly file: string; readonly title: string }
  /** No client can reach it, or it is the client's own. */
  | { readonly type: "exempt"; readonly reason: string };

export const sides = (at: Sent, past: Sent, refusal: string): Limit => ({ type: "sides", at, past, refusal });
export const elsewhere = (file: string, title: string): Limit => ({ type: "elsewhere", file, title });
export const exempt = (reason: string): Limit => ({ type: "exempt", reason });

export type LimitName = keyof typeof import("../../../../src/limits.ts");
