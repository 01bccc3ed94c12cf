/** WaitForCompletion: results as they come, and how things stand now. */

import { statusAnswerSchema, waitLineSchema } from "../../protocol/answers.ts";
import { statusBodySchema, type WaitInput, waitBodySchema, waitQuerySchema } from "../../protocol/selection.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { ok, type Result } from "../../task/result.ts";
import { stream } from "../answer.ts";
import { JSON_TYPE, NDJSON_TYPE } from "../body.ts";
import { aFewAtATime, allOf, byPartition } from "../fan-out.ts";
import { openFrames } from "../frames.ts";
import { type Arrival, type Route, route } from "../route.ts";
import { standingLines, standingOf, statusText } from "../standing.ts";
import { errorLine, type WaitPart, waitStream } from "../wait-stream.ts";

const SSE_TYPE = "text/event-stream";

const answers = {
  200: {
    description: "A line for each result, as it comes; at the end the ids still pending, if time ran out",
    schema: waitLineSchema,
    types: [NDJSON_TYPE, SSE_TYPE],
  },
};

/** How one line is written: SSE for who asks for it, else NDJSON. */
function formatOf(request: Request): { type: string; format: (line: string) => string } {
  return (request.headers.get("accept") ?? "").includes(SSE_TYPE)
    ? { type: SSE_TYPE, format: (line) => `data: ${line}\n\n` }
    : { type: NDJSON_TYPE, format: (line) => `${line}\n` };
}

async function wait(call: Arrival, queue: string, asked: WaitInput): Promise<Result<Response>> {
  const ids = [...new Set(asked.ids)];
  const { type, format } = formatOf(call.request);
  // The answer to HEAD has no body, so nobody would ever read, or cancel, the stream.
  if (call.request.method === "HEAD") return ok(stream(null, type));
  if (asked.waitMs === 0) return lookOnce(call, queue, ids, type, format);
  const places = byPartition(call, queue, ids, (id) => id);
  // An id of a partition that this queue has not is one of no task.
  const strangers = (places.get(null) ?? []).map((id) => errorLine(id, "task_not_found"));
  const parts = await openParts(call, queue, places);
  if (!parts.ok) return parts;
  if (parts.value.length === 0) return ok(lines(strangers, type, format));
  return ok(stream(waitStream(call, queue, asked, strangers, parts.value, format), type));
}

/** Opens a socket to each partition that has some of the tasks: all of them, or none. */
async function openParts(
  call: Arrival,
  queue: string,
  places: ReadonlyMap<number | null, readonly string[]>,
): Promise<Result<WaitPart[]>> {
  const wanted = [...places].flatMap(([partition, ids]) => (partition === null ? [] : [{ partition, ids }]));
  const opened = await aFewAtATime(wanted, async (part): Promise<Result<WaitPart>> => {
    const frames = await openFrames(call, queue, part.partition);
    return frames.ok ? ok({ ...part, frames: frames.value }) : frames;
  });
  const parts = allOf(opened);
  if (!parts.ok) for (const part of opened) if (part.ok) part.value.frames.close();
  return parts;
}

const lines = (texts: readonly string[], type: string, format: (line: string) => string): Response =>
  stream(new Blob([texts.map(format).join("")]).stream(), type);

async function lookOnce(
  call: Arrival,
  queue: string,
  ids: readonly string[],
  type: string,
  format: (line: string) => string,
): Promise<Result<Response>> {
  const standing = await standingOf(call, queue, ids);
  return standing.ok ? ok(stream(standingLines(call, queue, standing.value, format), type)) : standing;
}

const waitRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/wait",
  operation: "wait",
  summary: "Wait for tasks to finish: a line for each as it does",
  access: ["push"],
  body: { schema: waitBodySchema, decode: (text) => decodeBody(waitBodySchema, text) },
  answers,
  names: ({ body }) => body.ids,
  handle: (call) => wait(call, call.parameters.queue, call.body),
});

const waitByGetRoute = route({
  method: "GET",
  path: "/v1/queues/:queue/wait",
  operation: "waitByGet",
  summary: "The same for a browser's EventSource, which can only GET: id once for each task",
  access: ["push"],
  query: waitQuerySchema,
  answers,
  names: ({ query }) => query.id,
  handle: (call) => {
    // The token, if there is one, ends here.
    const { id: ids, waitMs, progress } = call.query;
    return wait(call, call.parameters.queue, { ids, waitMs, progress });
  },
});

const statusRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/status",
  operation: "checkStatus",
  summary: "How tasks stand now, finished or not",
  access: ["push", "read"],
  body: { schema: statusBodySchema, decode: (text) => decodeBody(statusBodySchema, text) },
  answers: { 200: { description: "Every known id, and the unknown ones", schema: statusAnswerSchema } },
  names: ({ body }) => body.ids,
  handle: async (call) => {
    const { queue } = call.parameters;
    const standing = await standingOf(call, queue, [...new Set(call.body.ids)]);
    return standing.ok ? ok(stream(statusText(call, queue, standing.value), JSON_TYPE)) : standing;
  },
});

export const waitRoutes: readonly Route[] = [waitRoute, waitByGetRoute, statusRoute];
