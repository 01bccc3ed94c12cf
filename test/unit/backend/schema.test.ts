import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type } from "arktype";
import * as v from "valibot";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type Schema, validated } from "../../../src/backend/schema.ts";

interface Email {
  readonly to: string;
  readonly cc: readonly { readonly name: string }[];
}

const SCHEMAS: Readonly<Record<string, Schema<unknown, Email>>> = {
  valibot: v.object({ to: v.string(), cc: v.array(v.object({ name: v.string() })) }) as Schema<unknown, Email>,
  zod: z.object({ to: z.string(), cc: z.array(z.object({ name: z.string() })) }) as Schema<unknown, Email>,
  arktype: type({ to: "string", cc: type({ name: "string" }).array() }) as unknown as Schema<unknown, Email>,
};

test.each(Object.keys(SCHEMAS))("%s: what fits passes, and what does not is refused with its path", async (name) => {
  const schema = SCHEMAS[name] as Schema<unknown, Email>;
  const email = { to: "a", cc: [{ name: "b" }] };
  expect(await validated(schema, email)).toEqual(email);
  const refused = async () => validated(schema, { to: "a", cc: [{ name: "b" }, { name: 7 }] });
  await expect(refused()).rejects.toMatchObject({ code: "bad_request", path: "args.cc.1.name" });
  await expect(refused()).rejects.toThrow(/`args\.cc\.1\.name`: \S/);
});

test("all issues are named, the first as the path", async () => {
  const schema = v.object({ a: v.string(), b: v.number() }) as Schema;
  const refused = async () => validated(schema, { a: 1, b: "2" });
  await expect(refused()).rejects.toMatchObject({ path: "args.a" });
  await expect(refused()).rejects.toThrow(/`args\.a`.*`args\.b`/);
});

test("a schema that takes its time is waited for; one that does not answers at once", async () => {
  const slow: Schema<unknown, number> = v.pipeAsync(
    v.number(),
    v.transformAsync(async (value: number) => value + 1),
  ) as unknown as Schema<unknown, number>;
  const answer = validated(slow, 1);
  expect(answer).toBeInstanceOf(Promise);
  expect(await answer).toBe(2);
  expect(validated(v.number() as Schema<unknown, number>, 1)).toBe(1);
});

test("any Standard Schema fits the type, with its input and its output", () => {
  expectTypeOf<StandardSchemaV1<string, number>>().toExtend<Schema<string, number>>();
  const schema = v.pipe(v.string(), v.transform(Number));
  expectTypeOf(schema).toExtend<Schema<string, number>>();
  expectTypeOf(z.string().transform(Number)).toExtend<Schema<string, number>>();
});
