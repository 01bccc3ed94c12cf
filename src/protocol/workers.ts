/** Bodies with which workers come and go. */

import * as v from "valibot";
import { MAX_BATCH, MAX_INFO_BYTES, MAX_NAME_BYTES } from "../limits.ts";
import { exceedsBytes } from "../task/text.ts";
import { nameSchema } from "./names.ts";
import { json, list, object, text, token } from "./vocabulary.ts";

/** What a worker tells of itself. */
export const introduction = {
  /** The layers that its handlers run in, outermost first. */
  layers: v.exactOptional(
    v.pipe(
      list(text(1, MAX_NAME_BYTES), 0, MAX_BATCH),
      v.check(
        (layers) => !exceedsBytes(JSON.stringify(layers), MAX_INFO_BYTES),
        `is more than ${MAX_INFO_BYTES} bytes of JSON in all`,
      ),
    ),
  ),
  info: v.exactOptional(json(MAX_INFO_BYTES)),
};

export const registerSchema = object({ worker: nameSchema, ...introduction });
export type RegisterInput = v.InferOutput<typeof registerSchema>;

/** The body of a heartbeat and of a goodbye. */
export const sessionSchema = object({ session: token });
