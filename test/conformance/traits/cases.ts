/** All cases of the traits. */

import { abandonedCases } from "./abandoned.ts";
import { bareCases } from "./bare.ts";
import type { Case } from "./bench.ts";
import { breakCases } from "./breaks.ts";
import { builtCases } from "./built.ts";
import { bulkCases } from "./bulk.ts";
import { byIdCases } from "./by-id.ts";
import { claimCases } from "./claim.ts";
import { codecCases } from "./codecs.ts";
import { feedCases } from "./feeds.ts";
import { handlingCases } from "./handling.ts";
import { holderCases } from "./holder.ts";
import { keyCases } from "./keys.ts";
import { listCases } from "./lists.ts";
import { livenessCases } from "./liveness.ts";
import { middlewareCases } from "./middleware.ts";
import { moveCases } from "./moves.ts";
import { numberCases } from "./numbers.ts";
import { pushCases } from "./push.ts";
import { removalCases } from "./removal.ts";
import { repeatCases } from "./repeats.ts";
import { resultCases } from "./results.ts";
import { runCases } from "./run.ts";
import { schemaCases } from "./schemas.ts";
import { sessionCases } from "./sessions.ts";
import { settingCases } from "./settings.ts";
import { streamCases } from "./stream.ts";
import { sweepingCases } from "./sweeping.ts";
import { timeoutCases } from "./timeouts.ts";
import { waitCallCases } from "./wait-calls.ts";
import { waitingCases } from "./waiting.ts";
import { wakingCases } from "./waking.ts";

export const AREAS: Readonly<Record<string, readonly Case[]>> = {
  "what every backend does": bareCases,
  pushing: pushCases,
  "built tasks": builtCases,
  streams: streamCases,
  "idempotency keys": keyCases,
  claims: claimCases,
  "what holders say": holderCases,
  "leases that are not live": repeatCases,
  results: resultCases,
  middleware: middlewareCases,
  "while a handler runs": handlingCases,
  "the worker's side": feedCases,
  timeouts: timeoutCases,
  liveness: livenessCases,
  "abandoned leases": abandonedCases,
  "workers' names": sessionCases,
  waking: wakingCases,
  "one by id": byIdCases,
  deleting: removalCases,
  "what others do": moveCases,
  bulk: bulkCases,
  "vacuum, purge, drop": sweepingCases,
  waiting: waitingCases,
  "waits and checks": waitCallCases,
  "push and wait in one": runCases,
  lists: listCases,
  numbers: numberCases,
  "settings, pauses, names": settingCases,
  codecs: codecCases,
  schemas: schemaCases,
  "breaks, strategies, pipes": breakCases,
};

export const CASES: readonly Case[] = Object.values(AREAS).flat();

/** Whether a backend with these traits runs a case. */
export const runs = (traits: readonly string[], { needs, isBare }: Pick<Case, "needs" | "isBare">): boolean =>
  (isBare || traits.includes("Kept")) && needs.every((trait) => traits.includes(trait));
