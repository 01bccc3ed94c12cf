/** What a hostile request is: data, and the refusal that it must get. */

export interface HostileRequest {
  /** What is wrong with it. */
  readonly name: string;
  /** The method and the target: below the queue unless it begins with `/v1` or `!`, which stands for nothing. */
  readonly line: string;
  readonly headers?: readonly string[];
  /** Text and bytes go as they are, all else as JSON. Names as `@pending@` stand for what is in the queue. */
  readonly body?: unknown;
  /** `code path`, or `code` alone where there is no path. */
  readonly refusal: string;
}

/** A row of a corpus: what is wrong, where it goes, what is sent, how it is refused, and under which header lines. */
export type Row = readonly [name: string, line: string, body: unknown, refusal: string, headers?: readonly string[]];

export const requests = (rows: readonly Row[]): HostileRequest[] =>
  rows.map(([name, line, body, refusal, headers]) => ({
    ...{ name, line, refusal },
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  }));

/** A body that is sent under a content type of its own. */
export const type = (value: string): string => `content-type: ${value}`;

/** An id that is well formed and of no task. */
export const NOBODY = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

const LATIN = new TextEncoder();

/** Text with raw bytes in the middle. */
export const bytes = (before: string, raw: readonly number[], after: string): Uint8Array =>
  new Uint8Array([...LATIN.encode(before), ...raw, ...LATIN.encode(after)]);

/** JSON that nests so deep. */
export const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);
