import { decode, sign, verify } from "hono/jwt";
import { describe, expect, test } from "vitest";
import { claimsAt, findSecret, parseDuration, readTokenRequest } from "../../../src/cli/mint.ts";

const refusal = (...args: string[]): string => {
  const request = readTokenRequest(args);
  return request.ok ? "accepted" : request.error;
};

describe("a token request", () => {
  test("has queues, scopes and a duration", () => {
    expect(readTokenRequest(["--queues", "emails*", "--scope", "push,read", "--ttl", "90m"])).toEqual({
      ok: true,
      value: { queues: ["emails*"], scopes: ["push", "read"], ttlMs: 5_400_000 },
    });
  });

  test("takes lists with commas, repeated options and blanks, each entry once", () => {
    expect(
      readTokenRequest(["--queues", "a, b", "--queues", "b,c", "--scope", "read,", "--scope", " push,read"]),
    ).toEqual({ ok: true, value: { queues: ["a", "b", "c"], scopes: ["push", "read"], ttlMs: 3_600_000 } });
  });

  test.for([["--help"], ["-h"], ["--help", "--scope", "nonsense"]])("is for help with %s", (args) => {
    expect(readTokenRequest(args)).toEqual({ ok: true, value: null });
  });

  test.for([
    ["no queues", ["--scope", "push"], "--queues is missing"],
    ["empty queues", ["--queues", ",", "--scope", "push"], "--queues is missing"],
    ["no scope", ["--queues", "a"], "--scope is missing"],
    ["an unknown scope", ["--queues", "a", "--scope", "push,Read,root"], '"Read", "root"'],
    ["an unknown option", ["--queue", "a"], "'--queue'"],
    ["a stray argument", ["a"], "'a'"],
    ["a ttl that is none", ["--queues", "a", "--scope", "push", "--ttl", "soon"], '--ttl is "soon"'],
  ] as const)("is refused with %s", ([, args, error]) => {
    expect(refusal(...args)).toContain(error);
  });
});

describe("a request for a token for tasks", () => {
  const good = ["--queues", "emails", "--task", "a,b", "--task", "c"];

  test("has one queue, ids and ten minutes", () => {
    expect(readTokenRequest(good)).toEqual({
      ok: true,
      value: { queue: "emails", tasks: ["a", "b", "c"], ttlMs: 600_000 },
    });
    expect(readTokenRequest([...good, "--ttl", "1h"])).toMatchObject({ ok: true, value: { ttlMs: 3_600_000 } });
  });

  test.for([
    ["a scope", [...good, "--scope", "read"], "--task excludes --scope"],
    ["a name", [...good, "--sub", "ada"], "--task excludes --scope and --sub"],
    ["two queues", [...good, "--queues", "more"], "one queue"],
    ["a prefix", ["--queues", "emails*", "--task", "a"], "without a *"],
    ["no queue", ["--task", "a"], "--queues is missing"],
    ["no task", ["--queues", "emails", "--task", ","], "1 to 100 tasks"],
    [
      "too many tasks",
      ["--queues", "emails", "--task", Array.from({ length: 101 }, (_, n) => n).join()],
      "1 to 100 tasks",
    ],
    ["a task whose id is too long", ["--queues", "emails", "--task", "x".repeat(65)], "1 to 100 tasks"],
    ["more than an hour", [...good, "--ttl", "61m"], "1h"],
    ["a ttl that is none", [...good, "--ttl", "soon"], '--ttl is "soon"'],
  ] as const)("is refused with %s", ([, args, error]) => {
    expect(refusal(...args)).toContain(error);
  });

  test("becomes claims without a scope", () => {
    expect(claimsAt({ queue: "emails", tasks: ["a", "a"], ttlMs: 60_000 }, 1_700_000_000_999)).toEqual({
      queues: ["emails"],
      tasks: ["a"],
      iat: 1_700_000_000,
      exp: 1_700_000_060,
    });
  });
});

describe("a duration", () => {
  test.for([
    ["30s", 30_000],
    ["10m", 600_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
  ] as const)("%s is %d ms", ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.for(["", "1", "h", "0s", "-1h", "1.5h", "1 h", "1H", "1w", "1h30m", "01h", "9999999d", "1h\n"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("the claims", () => {
  const request = { queues: ["emails*"], scopes: ["push"], ttlMs: 60_000 } as const;

  test("count in whole seconds, from a moment that is not in the future", () => {
    expect(claimsAt(request, 1_700_000_000_999)).toEqual({
      queues: ["emails*"],
      scope: ["push"],
      iat: 1_700_000_000,
      exp: 1_700_000_060,
    });
  });

  test("say whom the token is for, if that was said", () => {
    const read = readTokenRequest(["--queues", "*", "--scope", "admin", "--sub", "ada"]);
    if (!read.ok || read.value === null) throw new Error("it was refused");
    expect(claimsAt(read.value, 0)).toMatchObject({ sub: "ada", scope: ["admin"] });
  });

  test("survive being signed and verified", async () => {
    const claims = claimsAt(request, Date.now());
    const token = await sign({ ...claims }, "secret", "HS256");
    expect(decode(token).header).toMatchObject({ alg: "HS256" });
    expect(await verify(token, "secret", "HS256")).toEqual(claims);
  });
});

describe("the secret", () => {
  test("is the environment's before that of .dev.vars", () => {
    expect(findSecret({ PRINIA_SECRET: "one" }, "PRINIA_SECRET=two")).toBe("one");
  });

  test.for([
    ["PRINIA_SECRET=two", "two"],
    ['# comment\nOTHER=x\nPRINIA_SECRET="t w o"\n', "t w o"],
    ["export PRINIA_SECRET=two", "two"],
  ])("is read from .dev.vars: %j", ([text, secret]) => {
    expect(findSecret({ PRINIA_SECRET: "" }, text)).toBe(secret);
  });

  test.for([undefined, "", "OTHER=x", "PRINIA_SECRET="])("is nowhere in %j", (text) => {
    expect(findSecret({}, text)).toBeUndefined();
  });
});
