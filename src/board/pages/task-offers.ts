/** What may be done with a task, by its status and by what the token allows. */

import type { Status } from "./task-model.ts";

/** `resume` is what the pages call "Retry". */
export type Offer = "resume" | "edit" | "reschedule" | "copy" | "cancel" | "delete";

/** What the token allows in the task's queue. */
export interface Rights {
  readonly push: boolean;
  readonly manage: boolean;
}

/** The statuses from which each verb moves a task: see docs/semantics.md. */
export const APPLIES: Readonly<Record<Exclude<Offer, "copy">, readonly Status[]>> = {
  resume: ["Failed", "Killed"],
  edit: ["Pending", "Failed", "Killed"],
  reschedule: ["Pending", "Queued", "Running", "Failed", "Killed"],
  cancel: ["Pending", "Queued", "Running", "Failed"],
  delete: ["Pending", "Done", "Failed", "Killed"],
};

const ORDER: readonly Offer[] = ["resume", "edit", "reschedule", "copy", "cancel", "delete"];

/** In the order in which they are shown. */
export function offersOf(status: Status, rights: Rights): Offer[] {
  return ORDER.filter((offer) => {
    if (offer === "copy") return rights.push;
    if (!APPLIES[offer].includes(status)) return false;
    return rights.manage || (offer === "cancel" && rights.push);
  });
}
