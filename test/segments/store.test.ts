// The suite of the store on segments, on node:sqlite.
import { nodeDriver } from "../../src/store/node.ts";
import { storeConformance } from "../conformance/store/suite.ts";

/** What takes long, of tasks that are too large for a segment or have left it, and further lives: `npm run segments` has it. */
const WITHOUT = [
  "a thousand keys of a kilobyte, all escapes, are looked up at once",
  "logs of twenty executions, as large as they may be, leave a row that the database takes",
  "errors and logs that are all escapes leave a row that the database takes, the newest whole",
  "any number of rows is looked up, though their sequences are more than a parameter holds",
  "a batch larger than a parameter is cut, and nothing of it is lost",
  "a thousand tasks with all that they may carry are one push",
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
