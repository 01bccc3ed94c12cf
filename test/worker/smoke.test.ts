import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("the Worker reaches an object and authentication is off", async () => {
  expect(await (await exports.default.fetch("http://prinia/")).text()).toBe("pong");
  expect(env.PRINIA_AUTH).toBe("off");
});
