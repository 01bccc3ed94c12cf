/** MemoryStorage passes the conformance suite of the traits. */

import { MemoryStore } from "../../../src/local/memory/store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { localBench } from "../../conformance/traits/local.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

traitConformance({
  ...offered("MemoryStorage"),
  open: () => localBench({ open: (queue) => new MemoryStore(queue, cryptoChance) }),
});
