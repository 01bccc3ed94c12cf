/** SqliteStorage passes the conformance suite of the traits. */

import { openStore } from "../../../src/sqlite/open-store.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { localBench } from "../../conformance/traits/local.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

traitConformance({
  ...offered("SqliteStorage"),
  open: () =>
    localBench({
      open: (queue, clock) =>
        openStore(queue, {
          path: ":memory:",
          synchronous: "full",
          soon: queueMicrotask,
          chance: cryptoChance,
          now: clock.now(),
        }),
    }),
});
