/** The log of one execution: its last lines, which travel with the end of the task. */

import type { Logger } from "../backend/layer.ts";
import { MAX_LOG_BYTES, MAX_LOGS } from "../limits.ts";
import { errorText } from "../task/errors.ts";
import { cutUtf8 } from "../task/text.ts";

type Fields = Readonly<Record<string, unknown>>;

export class Logs {
  /** `INFO sent {"to":"a@example.com"}`, oldest first. */
  readonly lines: string[] = [];

  readonly logger: Logger = {
    debug: (message, fields) => this.#add("DEBUG", message, fields),
    info: (message, fields) => this.#add("INFO", message, fields),
    warn: (message, fields) => this.#add("WARN", message, fields),
    error: (message, fields) => this.#add("ERROR", message, fields),
  };

  #add(level: string, message: unknown, fields: Fields = {}): void {
    this.lines.push(cutUtf8(`${level} ${errorText(message)}${fieldsText(fields)}`, MAX_LOG_BYTES));
    if (this.lines.length > MAX_LOGS) this.lines.shift();
  }
}

/** A log must not fail what it tells of. */
function fieldsText(fields: Fields): string {
  try {
    const text = JSON.stringify(fields, (_, value) => (value instanceof Error ? errorText(value) : value));
    return text === undefined || text === "{}" ? "" : ` ${text}`;
  } catch (error) {
    return ` (fields that are no JSON: ${errorText(error)})`;
  }
}
