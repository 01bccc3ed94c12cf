/** Changes to a queue's settings. */

import * as v from "valibot";
import { MAX_ORPHAN_AFTER_MS, MIN_ORPHAN_AFTER_MS } from "../limits.ts";
import type { Result } from "../task/result.ts";
import { backoffSchema, maxAttemptsSchema, prioritySchema } from "./new-task.ts";
import { decodeBody } from "./validate.ts";
import { duration, flag, integer, object, positiveDuration } from "./vocabulary.ts";

/** Merged into the settings, field by field. `null` clears: a retention of `null` keeps for ever. */
export const configPatchSchema = object({
  paused: v.exactOptional(flag),
  orphanAfterMs: v.exactOptional(integer(MIN_ORPHAN_AFTER_MS, MAX_ORPHAN_AFTER_MS)),
  retention: v.exactOptional(
    object({
      doneMs: v.exactOptional(v.nullable(duration)),
      killedMs: v.exactOptional(v.nullable(duration)),
    }),
  ),
  defaults: v.exactOptional(
    object({
      priority: v.exactOptional(prioritySchema),
      maxAttempts: v.exactOptional(maxAttemptsSchema),
      backoff: v.exactOptional(v.nullable(backoffSchema)),
      timeoutMs: v.exactOptional(v.nullable(positiveDuration)),
    }),
  ),
});
export type ConfigPatch = v.InferOutput<typeof configPatchSchema>;

export const decodeConfigPatch = (body: string): Result<ConfigPatch> => decodeBody(configPatchSchema, body);
