import { nodeDriver } from "../../../src/store/node.ts";
import { storeConformance } from "../../conformance/store/suite.ts";

storeConformance(async (body) => {
  const driver = nodeDriver(":memory:");
  try {
    body(driver);
  } finally {
    driver.close();
  }
});
