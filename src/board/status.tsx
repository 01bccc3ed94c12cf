/** A task's status: a colour, and always the word. */

import type { ComponentChildren } from "preact";

export const STATUSES = ["Pending", "Queued", "Running", "Done", "Failed", "Killed"] as const;

export const StatusLabel = ({ status }: { readonly status: string }): ComponentChildren => (
  <span class="status" data-status={status}>
    {status}
  </span>
);
