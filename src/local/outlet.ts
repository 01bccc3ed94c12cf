/** A stream that is written to: who reads gets what came, in order, or waits for what comes. */

type Read<T> = IteratorResult<T, undefined>;

export class Outlet<T> implements AsyncIterableIterator<T, undefined> {
  readonly #begin: () => void;
  readonly #left: () => void;
  #begun = false;
  #values: T[] = [];
  #readers: PromiseWithResolvers<Read<T>>[] = [];
  #end: { readonly error?: unknown } | undefined;

  /**
   * @param begin called at the first read
   * @param left called once, when nothing can come any more: the reader has gone, or the stream was ended
   */
  constructor(begin: () => void, left: () => void) {
    this.#begin = begin;
    this.#left = left;
  }

  write(value: T): void {
    if (this.#end) return;
    const reader = this.#readers.shift();
    if (reader) reader.resolve({ done: false, value });
    else this.#values.push(value);
  }

  /** What was written is read first. */
  end(): void {
    this.#finish({});
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<Read<T>> {
    if (!this.#begun) {
      this.#begun = true;
      if (!this.#end) this.#begin();
    }
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const reader = Promise.withResolvers<Read<T>>();
    if (this.#end) this.#close(reader);
    else this.#readers.push(reader);
    return reader.promise;
  }

  return(): Promise<Read<T>> {
    this.#values = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    for (const reader of this.#readers) this.#close(reader);
    this.#readers = [];
    this.#left();
  }

  /** An error is told once; after it the stream is merely at its end. */
  #close(reader: PromiseWithResolvers<Read<T>>): void {
    const end = this.#end ?? {};
    this.#end = {};
    if ("error" in end) reader.reject(end.error);
    else reader.resolve({ done: true, value: undefined });
  }
}
