import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { durableDriver } from "../../../src/store/durable.ts";
import { storeConformance } from "../../conformance/store/suite.ts";

storeConformance((body) => {
  // An object of its own for each case: nothing is shared, and nothing needs to be undone.
  const stub = env.QUEUE.getByName(`${crypto.randomUUID()}/0`);
  return runInDurableObject(stub, (_instance, state) => body(durableDriver(state.storage)));
});
