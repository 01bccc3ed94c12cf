// The suite of the store on segments, on node:sqlite.
import { nodeDriver } from "../../src/store/node.ts";
import { storeConformance } from "../conformance/store/suite.ts";

/** Large rows that segments have no part in, and further lives: `npm run segments` has them. */
const WITHOUT = [
  "a thousand keys of a kilobyte, all escapes, are looked up at once",
  "logs of twenty executions, as large as they may be, leave a row that the database takes",
  "errors and logs that are all escapes leave a row that the database takes, the newest whole",
  "a life of 600 steps from seed 2 keeps every invariant",
  "a life of 600 steps from seed 3 keeps every invariant",
  "a life of 600 steps from seed 4 keeps every invariant",
];

storeConformance(async (body) => {
  const driver = nodeDriver(":memory:");
  try {
    body(driver);
  } finally {
    driver.close();
  }
}, WITHOUT);
