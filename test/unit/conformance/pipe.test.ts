/** A Pipe into a memory passes the conformance suite of the traits. */

import { pipe } from "../../../src/backend/pipe.ts";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { localBench } from "../../conformance/traits/local.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

traitConformance({
  ...offered("Pipe"),
  open: () =>
    localBench({
      open: (queue) => new MemoryStore(queue, cryptoChance),
      subject: ({ store, clock, source }) => pipe(source, store, { clock }),
    }),
});
