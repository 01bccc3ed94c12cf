/** Lines out of a stream of bytes, a few at a time: no more is held than what a reader asked for. */

import { concat } from "./body.ts";

/** One line of a stream, counted from 1. `bytes` is `null` when it was longer than allowed, and was dropped. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANKS = new Set([0x20, 0x09, RETURN]);

/**
 * Reads lines, pulling from the stream only as they are asked for. Blank ones are counted and skipped; the last one
 * needs no newline; a carriage return before the newline is no part of the line.
 */
export async function* readLines(body: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const open = new OpenLine(maxBytes);
  let number = 1;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      let rest = next.value;
      for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
        const line = open.close(rest.subarray(0, end));
        if (line !== "blank") yield { number, bytes: line };
        number++;
        rest = rest.subarray(end + 1);
      }
      open.add(rest);
    }
    const last = open.close(new Uint8Array());
    if (last !== "blank") yield { number, bytes: last };
  } finally {
    // A reader that stops early, or a client that is gone: nobody will read the rest.
    await reader.cancel().catch(() => undefined);
  }
}

/** The line that has begun and not ended. */
class OpenLine {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** One byte more than allowed may be the carriage return; what is longer still is dropped as it comes. */
  add(piece: Uint8Array): void {
    this.#size += piece.byteLength;
    if (this.#size > this.#maxBytes + 1) this.#pieces = [];
    else if (piece.byteLength > 0) this.#pieces.push(piece);
  }

  close(piece: Uint8Array): Uint8Array | null | "blank" {
    this.add(piece);
    const whole = this.#size > this.#maxBytes + 1 ? null : withoutReturn(concat(this.#pieces, this.#size));
    this.#pieces = [];
    this.#size = 0;
    if (whole === null || whole.byteLength > this.#maxBytes) return null;
    return whole.every((byte) => BLANKS.has(byte)) ? "blank" : whole;
  }
}

const withoutReturn = (line: Uint8Array): Uint8Array => (line.at(-1) === RETURN ? line.subarray(0, -1) : line);
