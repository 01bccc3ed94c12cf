/** The name of a queue. */

import { MAX_NAME_BYTES } from "../limits.ts";
import { PriniaError } from "../task/errors.ts";
import { exceedsBytes } from "../task/text.ts";

/** 1 to 255 bytes of UTF-8, any characters, but not `.` and `..`, which no URL path can hold. */
export type Queue = string;

/** @throws PriniaError `bad_request` when it is no name */
export function checkName(name: string, what: "queue" | "worker"): string {
  const wrong = (detail: string) => new PriniaError({ code: "bad_request", detail, path: what });
  if (typeof name !== "string" || name === "")
    throw wrong(`The name of a ${what} must be a text of at least one character.`);
  if (name === "." || name === "..")
    throw wrong(`No ${what} can be named ${JSON.stringify(name)}: no URL path holds it.`);
  if (exceedsBytes(name, MAX_NAME_BYTES)) throw wrong(`The name of a ${what} must be at most ${MAX_NAME_BYTES} bytes.`);
  if (!name.isWellFormed()) throw wrong(`The name of a ${what} must be well-formed Unicode.`);
  return name;
}
