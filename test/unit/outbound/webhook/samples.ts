// Tasks as a target is given them.
import { randomBytes } from "node:crypto";
import type { Delivery } from "../../../../src/outbound/target.ts";
import { DEFAULT_BACKOFF } from "../../../../src/task/task.ts";

type Leased = Delivery["tasks"][number];

export const leased = (id: string, more: Partial<Leased> = {}): Leased => ({
  id,
  queue: "emails",
  args: { to: id },
  status: "Running",
  priority: 0,
  attempt: 1,
  maxAttempts: 5,
  runAt: 0,
  createdAt: 1_700_000_000_000,
  runs: [],
  backoff: DEFAULT_BACKOFF,
  idempotencyUntil: "gone",
  codec: "json",
  meta: {},
  revision: 1,
  lease: `lease-${id}`,
  ...more,
});

export const delivery = (tasks: readonly Leased[], signal = new AbortController().signal): Delivery => ({
  queue: "emails",
  tasks,
  signal,
});

/** Made at each run: no secret stands in the repository. */
export const newSecret = (bytes = 32): string => `whsec_${randomBytes(bytes).toString("base64")}`;
