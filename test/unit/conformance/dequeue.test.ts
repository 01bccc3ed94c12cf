/** The dequeue passes the conformance suite of the traits, as far as it offers them. */

import { dequeue } from "../../../src/backend/dequeue.ts";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { localBench } from "../../conformance/traits/local.ts";
import { everyTurn } from "../../conformance/traits/made.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

traitConformance({
  ...offered("dequeue"),
  open: () =>
    localBench({
      // Nothing is kept, so there is nothing to look at: the queue beside it stays empty.
      open: (queue) => new MemoryStore(queue, cryptoChance),
      subject: ({ clock }) => dequeue(everyTurn, { clock }),
    }),
});
