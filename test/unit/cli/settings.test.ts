import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/cli/settings.ts";

describe("the settings of serve", () => {
  test("have defaults, also for empty variables", () => {
    const defaults = {
      ok: true,
      value: { host: "127.0.0.1", port: 8787, data: ".prinia", variables: [], configured: false },
    };
    expect(readSettings({})).toEqual(defaults);
    expect(readSettings({ PORT: "", HOST: "", PRINIA_DATA: "", PRINIA_AUTH: "", PRINIA_SECRET: "" })).toEqual(defaults);
  });

  test("are what the environment says, but for the values of the Worker's variables", () => {
    const env = {
      PORT: "0",
      HOST: "::1",
      PRINIA_DATA: "/data",
      PRINIA_SECRET: "s3cr3t",
      PRINIA_SECRET_PREVIOUS: "s3cr3t of old",
      PRINIA_ORIGINS: "https://example.com",
      PATH: "/bin",
    };
    const settings = readSettings(env);
    expect(settings).toEqual({
      ok: true,
      value: {
        host: "::1",
        port: 0,
        data: "/data",
        variables: ["PRINIA_SECRET", "PRINIA_SECRET_PREVIOUS", "PRINIA_ORIGINS"],
        configured: true,
      },
    });
    expect(JSON.stringify(settings)).not.toContain("s3cr3t");
  });

  test.for([
    [{ PRINIA_AUTH: "off" }, true],
    [{ PRINIA_AUTH: "no" }, false],
    [{ PRINIA_SECRET: "x" }, true],
    [{ PRINIA_SECRET_PREVIOUS: "x" }, false],
  ] as const)("%j: configured is %s", ([env, configured]) => {
    expect(readSettings(env)).toMatchObject({ value: { configured } });
  });

  test.for(["http", "-1", "1.5", "65536", " 80", "0x50", "123456"])("refuse the port %j", (PORT) => {
    expect(readSettings({ PORT })).toMatchObject({
      ok: false,
      error: expect.stringContaining(`PORT is ${JSON.stringify(PORT)}`),
    });
  });
});
