/** A program that follows a queue: reads server-sent events as they come. */

export interface FeedMessage {
  /** The position, where the message has one. */
  readonly id?: string;
  readonly event?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into, field by field.
  readonly data?: any;
}

export class FeedReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  /** The position of the last message that had one. */
  position = "";
  /** Lines that are no message. */
  comments = 0;

  constructor(response: Response) {
    if (!response.body) throw new Error(`no stream came, but ${response.status}`);
    this.#reader = response.body.getReader();
  }

  /** The next message, comments left out; `null` when the stream has ended. */
  async next(): Promise<FeedMessage | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      if (lines[0]?.startsWith(":")) {
        this.comments++;
        continue;
      }
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.id !== undefined) this.position = fields.id;
      return fields.data === undefined ? fields : { ...fields, data: JSON.parse(fields.data) };
    }
  }

  /** So many messages that say something; what only tells the position is left out. */
  async take(count: number): Promise<FeedMessage[]> {
    const messages: FeedMessage[] = [];
    while (messages.length < count) {
      const message = await this.next();
      if (message === null) throw new Error(`the feed ended after ${JSON.stringify(messages)}`);
      if (message.event !== undefined) messages.push(message);
    }
    return messages;
  }

  /** Until the position is known: all that happens from now on is told. */
  async ready(): Promise<this> {
    while (this.position === "") if ((await this.next()) === null) throw new Error("the feed ended at once");
    return this;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}
