import { describe, expect, test } from "vitest";
import { readSettings } from "../../../src/cli/settings.ts";

describe("the settings of serve", () => {
  test("have defaults, also for empty variables", () => {
    const defaults = {
      ok: true,
      value: { host: "127.0.0.1", port: 8787, data: ".prinia", variables: [], partitions: "", configured: false },
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
        partitions: "",
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

  test("have the partitions of the variable and of the flags, all of them checked before anything starts", () => {
    const settings = readSettings({ PRINIA_PARTITIONS: "emails=8" }, ["--partitions", "events=16/8"]);
    expect(settings).toMatchObject({
      value: { partitions: "emails=8 events=16/8", variables: ["PRINIA_PARTITIONS"] },
    });
    for (const wrong of [
      readSettings({ PRINIA_PARTITIONS: "emails=0" }),
      readSettings({}, ["--partitions", "emails"]),
      readSettings({}, ["--partitons", "emails=8"]),
    ]) {
      expect(wrong.ok).toBe(false);
    }
    expect(readSettings({}, ["--partitions", "emails=1025"])).toMatchObject({
      error: expect.stringContaining("a whole number from 1 to 1024"),
    });
  });

  test.for(["http", "-1", "1.5", "65536", " 80", "0x50", "123456"])("refuse the port %j", (PORT) => {
    expect(readSettings({ PORT })).toMatchObject({
      ok: false,
      error: expect.stringContaining(`PORT is ${JSON.stringify(PORT)}`),
    });
  });

  test("take partitions from the variable and from the command, and hand both on as one variable", () => {
    const args = ["--partitions", "b=2/1", "--partitions=c*=3"];
    expect(readSettings({ PRINIA_PARTITIONS: "a=4" }, args)).toMatchObject({
      value: { partitions: "a=4 b=2/1 c*=3", variables: ["PRINIA_PARTITIONS"] },
    });
  });

  test.for([
    [["--partitions", "a=0"], "from 1 to 1024, got 0"],
    [["--partitions", "a=2", "--partitions", "a=3"], "for the second time"],
    [["--partition", "a=2"], "--partitions emails=8"],
    [["a=2"], "--partitions emails=8"],
  ] as const)("refuse the command's %j", ([args, why]) => {
    expect(readSettings({}, args)).toMatchObject({ ok: false, error: expect.stringContaining(why) });
  });
});
