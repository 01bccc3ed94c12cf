// DurableBackend over a service binding passes the conformance suite of the traits: as another Worker would use it.
import { exports } from "cloudflare:workers";
import { binding } from "../../../src/client/http.ts";
import { offered } from "../../conformance/traits/backends.ts";
import { Lines } from "../../conformance/traits/lines.ts";
import { fetchBy, servedBench } from "../../conformance/traits/served.ts";
import { traitConformance } from "../../conformance/traits/suite.ts";

const lines = new Lines();
const fetch = fetchBy(lines, (url, init) => exports.PriniaService.fetch(url, init));

traitConformance(
  {
    ...offered("DurableBackend, binding"),
    open: () => servedBench({ connect: () => binding({ fetch }), aside: binding(exports.PriniaService), lines }),
  },
  { atATime: 8 },
);
