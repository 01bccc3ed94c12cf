/** Refusals on a socket: error frames, which leave it open. */

import { serverFrameText } from "../protocol/server-frames.ts";
import type { Failure } from "../task/result.ts";

/** An error frame, with the `ref` of the frame that it answers. */
export function errorText(failure: Failure, ref?: string): string {
  const { code, detail, path, partitions, keyedPartitions, draining } = failure;
  return serverFrameText({
    type: "error",
    ...(ref === undefined ? {} : { ref }),
    code,
    detail,
    ...(path === undefined ? {} : { path }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(keyedPartitions === undefined ? {} : { keyedPartitions }),
    ...(draining === undefined ? {} : { draining }),
  });
}
