/** Upgrades: the Worker checks the caller, and the object speaks. */

import { directoryStub, queueStub, type Upgradable } from "../../env.ts";
import { CALLER_HEADER, encodeCaller, SUBPROTOCOL } from "../../protocol/caller.ts";
import { socketQuerySchema } from "../../protocol/selection.ts";
import { countsOf, type Layout } from "../../task/layout.ts";
import { fail, ok, type Result } from "../../task/result.ts";
import { callObject } from "../call.ts";
import { FIRST_PARTITION, layoutOf } from "../objects.ts";
import { type Arrival, type Route, route } from "../route.ts";
import { isUpgrade, subprotocols } from "../token.ts";

const answers = { 101: { description: `A WebSocket of subprotocol ${SUBPROTOCOL}` } };

const queueSocketRoute = route({
  method: "GET",
  path: "/v1/queues/:queue/socket",
  operation: "openSocket",
  summary: "Open a WebSocket to a queue: work, push, wait and watch, each by its scope",
  access: ["push", "work", "read"],
  query: socketQuerySchema,
  answers,
  // Its frames name the tasks, and each of them is checked.
  names: () => [],
  handle: async (call) => {
    const { queue } = call.parameters;
    const layout = layoutOf(call, queue);
    const partition = partitionAsked(call.query.partition, layout);
    if (!partition.ok) return partition;
    const caller = layout.partitions === 1 ? call.caller : { ...call.caller, layout };
    return upgrade({ ...call, caller }, () => queueStub(call.env, queue, partition.value));
  },
});

/** A socket is one partition's, so where there are several it must be said which. */
function partitionAsked(asked: number | undefined, layout: Layout): Result<number> {
  const { partitions } = layout;
  if (asked !== undefined && asked < partitions) return ok(asked);
  if (asked === undefined && partitions === 1) return ok(FIRST_PARTITION);
  const detail =
    partitions === 1
      ? "`partition` must be 0: this queue has 1 partition."
      : `\`partition\` must be a number from 0 to ${partitions - 1}: this queue has ${partitions} partitions, and a socket is one partition's.`;
  return fail("bad_request", detail, { path: "partition", ...countsOf(layout) });
}

const allSocketRoute = route({
  method: "GET",
  path: "/v1/socket",
  operation: "openWatchSocket",
  summary: "Open a WebSocket over all queues in the claim, to watch them",
  access: ["read"],
  answers,
  handle: (call) => upgrade(call, () => directoryStub(call.env)),
});

async function upgrade(call: Arrival, open: () => Upgradable): Promise<Result<Response>> {
  const { request } = call;
  if (!isUpgrade(request)) {
    return fail("bad_request", "This route is a WebSocket: ask for it with `upgrade: websocket`.", { path: "upgrade" });
  }
  if (!subprotocols(request).includes(SUBPROTOCOL)) {
    return fail("bad_request", `Offer the subprotocol ${SUBPROTOCOL}: this server speaks no other.`, {
      path: "sec-websocket-protocol",
    });
  }
  const headers = headersFor(call);
  return callObject(
    open,
    async (stub): Promise<Result<Response>> => ok(await stub.fetch(new Request(request, { headers }))),
    "repeat",
    call.timing,
  );
}

/** What the object gets to see: no token, and nothing that passes itself off as ours. */
function headersFor({ request, caller }: Arrival): Headers {
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) {
    if (name === "authorization" || name.startsWith("x-prinia-")) headers.delete(name);
  }
  headers.set("sec-websocket-protocol", SUBPROTOCOL);
  headers.set(CALLER_HEADER, encodeCaller(caller));
  return headers;
}

export const socketRoutes: readonly Route[] = [queueSocketRoute, allSocketRoute];
