/** DurableBackend over requests passes the conformance suite of the traits. */

import { http } from "../../../src/client/http.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { Lines } from "../../conformance/traits/lines.ts";
import { fetchBy, servedBench } from "../../conformance/traits/served.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";
import { conformanceServer } from "./server.ts";

const server = conformanceServer();
const lines = new Lines();
const fetch = fetchBy(lines, (url, init) => globalThis.fetch(url, init));

traitConformance(
  {
    ...offered("DurableBackend, http"),
    open: () =>
      servedBench({
        connect: () => http({ url: server().url, fetch }),
        aside: http({ url: server().url }),
        lines,
      }),
  },
  { atATime: 8 },
);
