/** One verb on many tasks, named or matched by a filter. */

import { bulkAnswerSchema } from "../../protocol/answers.ts";
import { bulkRescheduleSchema, bulkSchema } from "../../protocol/selection.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { BULK_VERBS, type BulkVerb } from "../../task/bulk.ts";
import { ok } from "../../task/result.ts";
import { json } from "../answer.ts";
import { type Route, route } from "../route.ts";
import { bulk } from "../whole-queue.ts";

const SUMMARY: Record<BulkVerb, string> = {
  resume: "Resume many tasks",
  cancel: "Cancel many tasks",
  reschedule: "Reschedule many tasks",
  delete: "Delete many tasks; what is leased is skipped",
};

function bulkRoute(verb: BulkVerb): Route {
  const schema = verb === "reschedule" ? bulkRescheduleSchema : bulkSchema;
  return route({
    method: "POST",
    path: `/v1/queues/:queue/tasks/${verb}`,
    operation: `${verb}Tasks`,
    summary: SUMMARY[verb],
    access: ["manage"],
    body: { schema, decode: (text) => decodeBody(schema, text) },
    answers: {
      200: {
        description:
          "How many were named and there, how many changed (would change, in a dryRun), whether there is more",
        schema: bulkAnswerSchema,
      },
    },
    handle: async (call) => {
      const done = await bulk(call, call.parameters.queue, { verb, ...call.body });
      if (!done.ok) return done;
      call.note({ count: done.value.changed, ...(call.body.dryRun ? { dryRun: true } : {}) });
      return ok(json(done.value));
    },
  });
}

export const bulkRoutes: readonly Route[] = BULK_VERBS.map(bulkRoute);
