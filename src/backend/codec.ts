/** Codecs: how args and results are written. The wire carries the codec's name with each task. */

import { errorText } from "../task/errors.ts";

/**
 * Writes values in a compact form, and reads them again. On the wire that form is any JSON for the codec named `json`,
 * and a base64 string for all others.
 */
export interface Codec<Compact = unknown> {
  /** At most 64 characters. */
  readonly name: string;
  /** May throw: the push fails then, and nothing is pushed. */
  encode(value: unknown): Compact;
  /** May throw: a worker kills such a task, and a list shows it as undecodable. */
  decode(compact: Compact): unknown;
}

/** A value that a codec cannot write, or text that it cannot read. */
export class CodecError extends Error {
  override readonly name = "CodecError";
  readonly codec: string;

  constructor(codec: string, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.codec = codec;
  }
}

/** Values as JSON knows them. The wire is JSON, so there is nothing to be done but to refuse what would be no value at all. */
export const json: Codec = {
  name: "json",
  encode: (value) => {
    if (value === undefined || typeof value === "function" || typeof value === "symbol") {
      throw new CodecError("json", `JSON knows no ${typeof value}.`);
    }
    return value;
  },
  decode: (compact) => compact,
};

/**
 * Values as they stand on the wire: nothing is written or read. For what moves tasks without looking into them.
 *
 * @param name of the codec in which they are written; all but `json` take base64 strings
 */
export const identity = (name = "json"): Codec => ({ name, encode: (value) => value, decode: (compact) => compact });

/** The codecs of a queue: one to write with, and all that are read. */
export class Codecs {
  readonly #writer: Codec;
  readonly #readers: ReadonlyMap<string, Codec>;

  /** @param more codecs that tasks of the queue may be written in besides; JSON is always among them */
  constructor(writer: Codec = json, more: readonly Codec[] = []) {
    this.#writer = writer;
    this.#readers = new Map([json, ...more, writer].map((codec) => [codec.name, codec]));
  }

  /** The name that goes with what is written, left out for JSON. */
  get name(): string | undefined {
    return this.#writer.name === "json" ? undefined : this.#writer.name;
  }

  /** @throws CodecError when the value cannot be written */
  encode(value: unknown): unknown {
    return guarded(this.#writer, "written", () => this.#writer.encode(value));
  }

  /**
   * Writes a handler's result as its task is written; nothing is null in every codec.
   *
   * @throws CodecError when it cannot be
   */
  encodeResult(name: string, value: unknown): unknown {
    if (value === undefined || value === null) return null;
    const codec = this.#named(name);
    return guarded(codec, "written", () => codec.encode(value));
  }

  /** @throws CodecError when it cannot be read, or the codec is unknown here */
  decode(name: string, compact: unknown): unknown {
    const codec = this.#named(name);
    return guarded(codec, "read", () => codec.decode(compact));
  }

  decodeResult(name: string, compact: unknown): unknown {
    return compact === null ? null : this.decode(name, compact);
  }

  #named(name: string): Codec {
    const codec = this.#readers.get(name);
    if (codec) return codec;
    const known = [...this.#readers.keys()].map((one) => JSON.stringify(one)).join(", ");
    throw new CodecError(name, `The codec ${JSON.stringify(name)} is not known here; known are ${known}.`);
  }
}

function guarded<T>(codec: Codec, verb: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError(codec.name, `It cannot be ${verb} as ${codec.name}: ${errorText(error)}`, error);
  }
}
