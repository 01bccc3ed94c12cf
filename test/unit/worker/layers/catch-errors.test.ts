import { expect, test } from "vitest";
import { AbortError, catchErrors } from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

test("an error becomes a result", async () => {
  const { inside, execute } = around(() => catchErrors((error, args, { id }) => ({ error: String(error), args, id })));
  const { ended } = execute();
  inside[0]?.fail("just so");
  expect(await ended).toEqual({ error: "just so", args: { n: 1 }, id: "t1" });
});

test("or another error", async () => {
  const { inside, execute } = around(() =>
    catchErrors((cause) => {
      throw new AbortError("never", { cause });
    }),
  );
  const { ended, reports } = execute();
  inside[0]?.fail(new Error("boom"));
  await expect(ended).rejects.toThrow("never");
  expect(reports).toMatchObject([{ result: { err: "never", abort: true } }]);
});

test("a result stays as it is", async () => {
  const { inside, execute } = around(() => catchErrors(() => "caught"));
  const { ended } = execute();
  inside[0]?.finish("value");
  expect(await ended).toBe("value");
});

test("a snooze is no error", async () => {
  const asked: unknown[] = [];
  const { execute, settle } = around(
    () => catchErrors((error) => asked.push(error)),
    (_, { snooze }) => snooze("1s"),
  );
  const { reports } = execute();
  await settle();
  expect(reports).toMatchObject([{ type: "snooze", delayMs: 1_000 }]);
  expect(asked).toEqual([]);
});
