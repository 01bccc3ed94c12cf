/** An answer is one, or a refusal by name. */

import type { Answer } from "../port.ts";
import { must } from "../violation.ts";
import type { ModelTask } from "./task.ts";

/** The value of an answer that must be no refusal. */
export function given<T>(answer: Answer): T {
  must(answer.ok, "this is not refused", answer);
  return answer.value as T;
}

/** @param task whose status must be told */
export function refused(answer: Answer, codes: readonly string[], task?: ModelTask): void {
  must(!answer.ok && codes.includes(answer.code), `this is refused as ${codes.join(" or ")}`, answer);
  if (task) must(answer.taskStatus === task.status, "the status is told", answer);
}
