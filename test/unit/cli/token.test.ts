import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verify } from "hono/jwt";
import { afterAll, describe, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../../src/cli/token.ts", import.meta.url));
const GOOD = ["--queues", "emails*", "--scope", "push,read"];

const folder = mkdtempSync(join(tmpdir(), "prinia-"));
afterAll(() => rmSync(folder, { recursive: true }));

const token = (args: readonly string[], secret: string | undefined) =>
  spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: folder,
    env: { ...process.env, PRINIA_SECRET: secret },
    encoding: "utf8",
  });

describe("npm run token", () => {
  test("prints the token alone", async () => {
    const { status, stdout, stderr } = token([...GOOD, "--ttl", "10m"], "secret");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^\S+\n$/);
    const claims = await verify(stdout.trim(), "secret", "HS256");
    expect(claims).toMatchObject({ queues: ["emails*"], scope: ["push", "read"] });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(600);
  });

  test("prints one for tasks", async () => {
    const { status, stdout, stderr } = token(["--queues", "emails", "--task", "a"], "secret");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const claims = await verify(stdout.trim(), "secret", "HS256");
    expect(claims).toEqual({
      queues: ["emails"],
      tasks: ["a"],
      iat: expect.any(Number),
      exp: Number(claims.iat) + 600,
    });
  });

  test("warns of a token that no socket takes", () => {
    const { status, stdout, stderr } = token([...GOOD, "--ttl", "7d"], "secret");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\S+\n$/);
    expect(stderr).toContain("24h");
  });

  test("takes the secret from .dev.vars when the environment has none", async () => {
    expect(token(GOOD, undefined)).toMatchObject({ status: 2, stdout: "" });
    writeFileSync(join(folder, ".dev.vars"), "PRINIA_SECRET=of the file\n");
    const { status, stdout } = token(GOOD, undefined);
    expect(status).toBe(0);
    expect(await verify(stdout.trim(), "of the file", "HS256")).toMatchObject({ scope: ["push", "read"] });
  });

  test("explains itself on standard output when asked", () => {
    const { status, stdout, stderr } = token(["--help"], undefined);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Usage:");
  });

  test("explains itself on standard error, with exit code 2, when something is wrong", () => {
    const { status, stdout, stderr } = token(["--queues", "a", "--scope", "pusch"], "secret");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain('"pusch"');
    expect(stderr).toContain("Usage:");
  });
});
