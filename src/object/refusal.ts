/** Refusals on a socket: error frames, which leave it open. */

import { serverFrameText } from "../protocol/server-frames.ts";
import type { Failure } from "../task/result.ts";
import type { Connection } from "./connection.ts";
import type { Step } from "./step.ts";

/** An error frame, with the `ref` of the frame that it answers. */
export function errorText({ code, detail, path }: Failure, ref?: string): string {
  return serverFrameText({
    type: "error",
    ...(ref === undefined ? {} : { ref }),
    code,
    detail,
    ...(path === undefined ? {} : { path }),
  });
}

export function sendError(step: Step, connection: Connection, failure: Failure, ref?: string): void {
  step.send(connection, errorText(failure, ref));
}
