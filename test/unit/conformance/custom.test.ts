/** CustomBackend, made of the functions of another, passes the conformance suite of the traits. */

import { MemoryStore } from "../../../src/local/memory/store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { localBench } from "../../conformance/traits/local.ts";
import { customOver } from "../../conformance/traits/made.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

traitConformance({
  ...offered("CustomBackend"),
  open: () => localBench({ open: (queue) => new MemoryStore(queue, cryptoChance), subject: customOver }),
});
