/** Every workload, in the order in which they run. A closed loop comes before the open one that goes by its rate. */

import { backlogs, bulkPush, drainBare, drainSdk, sdkBulkPush } from "./bulk.ts";
import { awaitedResult, bareDelivery, handlerStart } from "./idle.ts";
import { barePushes, httpPushes, openPushes, openSteady, socketPushes, steady } from "./single.ts";
import type { Sizes, Workload } from "./workload.ts";

export const workloadsOf = (sizes: Sizes): readonly Workload[] =>
  [
    ...[bulkPush, sdkBulkPush, drainBare, drainSdk],
    ...[socketPushes, openPushes, barePushes, httpPushes],
    ...[handlerStart, awaitedResult, bareDelivery],
    ...[backlogs, steady, openSteady],
  ].map((workload) => workload(sizes));
