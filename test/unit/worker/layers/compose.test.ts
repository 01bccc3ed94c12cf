import { expect, test } from "vitest";
import type { Layer } from "../../../../src/backend/layer.ts";
import { compose, layer, metrics, retry, timeout } from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

const noting =
  (seen: string[], name: string): Layer =>
  (next) =>
  (args, context) => {
    seen.push(name);
    return next(args, context);
  };

test("layers that are composed stand in each other, the first outermost", async () => {
  const seen: string[] = [];
  const { inside, execute } = around(() => compose(noting(seen, "a"), noting(seen, "b"), noting(seen, "c")));
  const { ended } = execute();
  expect(seen).toEqual(["a", "b", "c"]);
  inside[0]?.finish("value");
  expect(await ended).toBe("value");
});

test("no layers at all are a layer that does nothing", async () => {
  const { inside, execute } = around(() => compose());
  const { ended } = execute();
  inside[0]?.finish("value");
  expect(await ended).toBe("value");
});

test("layers have names, which survive a minifier", () => {
  expect(timeout("1s").name).toBe("timeout");
  expect(metrics().name).toBe("metrics");
  expect(layer("mine", (next) => next).name).toBe("mine");
  expect(compose(retry({ times: 1 }), timeout("1s")).name).toBe("retry > timeout");
});

test("a layer that is given a name is not changed itself", () => {
  const own: Layer = (next) => next;
  layer("other", own);
  expect(own.name).toBe("own");
});
