/** What this server is: capabilities, its own description, and whether it is well. */

import * as v from "valibot";
import * as limits from "../../limits.ts";
import { capabilitiesSchema } from "../../protocol/queue-answers.ts";
import { ok } from "../../task/result.ts";
import { json, jsonText } from "../answer.ts";
import { callDirectory } from "../objects.ts";
import { rawPath } from "../path.ts";
import { type Route, route } from "../route.ts";
import { VERSION } from "../version.ts";

/** The traits that this server offers, by their names in the module `backend` of apalis. */
const TRAITS = [
  "TaskSink",
  "Backend",
  "BackendExt",
  "RegisterWorker",
  "ListWorkers",
  "FetchById",
  "ListTasks",
  "ListAllTasks",
  "ListQueues",
  "Metrics",
  "Update",
  "Reschedule",
  "ResumeById",
  "ResumeAbandoned",
  "Vacuum",
  "WaitForCompletion",
] as const;

const LIMITS = {
  bodyBytes: limits.MAX_BODY_BYTES,
  lineBytes: limits.MAX_LINE_BYTES,
  argsBytes: limits.MAX_ARGS_BYTES,
  resultBytes: limits.MAX_RESULT_BYTES,
  progressBytes: limits.MAX_PROGRESS_BYTES,
  metaBytes: limits.MAX_META_BYTES,
  nameBytes: limits.MAX_NAME_BYTES,
  keyBytes: limits.MAX_KEY_BYTES,
  groupKeyBytes: limits.MAX_GROUP_KEY_BYTES,
  depth: limits.MAX_DEPTH,
  batch: limits.MAX_BATCH,
  streamChunk: limits.STREAM_CHUNK,
  page: limits.MAX_PAGE,
  bulk: limits.MAX_BULK,
  credit: limits.MAX_CREDIT,
  waitedIds: limits.MAX_WAITED_IDS,
  waitedIdsTogether: limits.MAX_AWAITED,
  leases: limits.MAX_LEASES,
  sockets: limits.MAX_SOCKETS,
  waitMs: limits.MAX_WAIT_MS,
  feedRows: limits.FEED_ROWS,
  feedChangesARow: limits.FEED_CHANGES_A_ROW,
} as const;

const capabilitiesRoute = route({
  method: "GET",
  path: "/v1",
  operation: "getCapabilities",
  summary: "What this server offers",
  access: "configured",
  answers: { 200: { description: "Name, version, protocol, traits and limits", schema: capabilitiesSchema } },
  handle: async () => ok(json({ name: "prinia", version: VERSION, protocol: 1, traits: TRAITS, limits: LIMITS })),
});

const healthRoute = route({
  method: "GET",
  path: "/v1/health",
  operation: "getHealth",
  summary: "Whether the storage answers",
  access: "open",
  answers: { 200: { description: "It does", schema: v.strictObject({ status: v.literal("ok") }) } },
  handle: async (call) => {
    const health = await callDirectory(call, (directory) => directory.health());
    return health.ok ? ok(json({ status: "ok" })) : health;
  },
});

/** @param document the OpenAPI document as text, without its `servers`; made when it is first asked for */
const documentRoute = (document: () => string): Route =>
  route({
    method: "GET",
    path: "/v1/openapi.json",
    operation: "getOpenApi",
    summary: "This document",
    access: "configured",
    answers: { 200: { description: "An OpenAPI 3.1 document", schema: v.looseObject({ openapi: v.string() }) } },
    handle: async ({ request }) => {
      // The app may be mounted below a prefix, which is known only from how it was called.
      const prefix = rawPath(request.url).replace(/\/v1\/openapi\.json$/, "");
      const servers = JSON.stringify([{ url: prefix === "" ? "/" : prefix }]);
      return ok(jsonText(`{"servers":${servers},${document().slice(1)}`));
    },
  });

export const metaRoutes = (document: () => string): readonly Route[] => [
  capabilitiesRoute,
  healthRoute,
  documentRoute(document),
];
