import { nodeDriver } from "../../../src/store/node.ts";
import { storeConformance } from "../../../test/conformance/store/suite.ts";

storeConformance(async (body) => {
  const driver = nodeDriver(":memory:");
  try {
    body(driver);
  } finally {
    driver.close();
  }
});
