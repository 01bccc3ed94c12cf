// The package as its users get it: built, packed, installed, and used on every platform that it names.
import { execFile } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/cleanup.ts";
import { http } from "../../support/http.ts";
import { type Packed, pack } from "../../support/pack.ts";
import { type Hosted, startWorkers } from "../../support/pack-workerd.ts";
import { ROOT, runProgram, until } from "../../support/processes.ts";
import { startServe } from "../../support/server.ts";

/** How long a process may live on when it has nothing left to do: less than what any timer or socket is kept for. */
const LINGER_MS = 2_000;

const GREETINGS = ["Hello, Ada! (attempt 1)", "failed: nobody is there", "Hello, Grace! (attempt 2)"];

let packed: Packed;
let url = "";
beforeAll(async () => {
  const types = ["@types/node", "undici-types", "@cloudflare/workers-types"];
  const [server, made] = await Promise.all([startServe(), pack(join(import.meta.dirname, "project"), types)]);
  url = server.url;
  packed = made;
});

describe.concurrent("one program, on each platform", () => {
  /** Runs it, checks that it ends by itself, and returns what it printed. */
  async function printed(server: string, name: string, [command = "", ...args]: readonly string[]): Promise<unknown> {
    const env = { DENO_DIR: temporaryFolder(), DENO_NO_UPDATE_CHECK: "1", DO_NOT_TRACK: "1" };
    const all = [...args, "main.js", server, name, join(temporaryFolder(), "queue.db")];
    const run = runProgram(command, all, env, packed.consumer);
    let ended = false;
    run.exited.then(() => {
      ended = true;
    });
    await until(() => ended || run.stdout().endsWith("\n"), `${name} printed a line`).catch(() => undefined);
    const code = await Promise.race([run.exited, sleep(LINGER_MS, "it lives on")]);
    expect(code, run.stderr()).toBe(0);
    return JSON.parse(run.stdout());
  }

  const everywhere = { socket: GREETINGS, http: GREETINGS, memory: GREETINGS, msgpack: GREETINGS };
  const all = { ...everywhere, sqlite: GREETINGS };

  test("Node", async () => {
    expect(await printed(url, "node", [process.execPath])).toEqual(all);
  });

  test("Bun", async () => {
    expect(await printed(url, "bun", [`${ROOT}node_modules/.bin/bun`, "--no-install"])).toEqual(all);
  });

  test("Deno", async () => {
    const flags = ["run", "--allow-all", "--no-remote", "--no-lock", "--node-modules-dir=manual"];
    expect(await printed(url, "deno", [`${ROOT}node_modules/.bin/deno`, ...flags])).toEqual(all);
  });

  describe("workerd", () => {
    let hosted: Hosted;
    beforeAll(async () => {
      hosted = await startWorkers(packed.consumer, url);
    });

    test("the program, in a Worker that has a service binding", async () => {
      const { status, body } = await http(hosted.program).get("/");
      expect(status).toBe(200);
      expect(body).toEqual({ ...everywhere, binding: GREETINGS });
    });

    test("a Worker of five lines is a whole server", async () => {
      const queue = "/v1/queues/own";
      const { post } = http(hosted.embedded);
      const pushed = await post<{ id: string }>(`${queue}/tasks`, { args: 1 });
      expect(pushed.status).toBe(201);
      const polled = await post<{ tasks: { id: string; lease: string }[] }>(`${queue}/poll`, { worker: "by hand" });
      expect(polled.body.tasks).toMatchObject([{ id: pushed.body.id, args: 1 }]);
      const events = polled.body.tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: 2 } }));
      const acked = await post(`${queue}/events`, { events });
      expect(acked.body).toEqual({ events: [{ id: pushed.body.id, status: "Done" }] });
      expect(await printed(hosted.embedded, "embedded", [process.execPath])).toEqual(all);
    });
  });
});

describe("an empty project into which npm installed it", () => {
  test("has every entry, and nothing beside the entries", async () => {
    const names = Object.keys(packed.manifest.exports).map((entry) => entry.replace(/^\./, "prinia"));
    expect(names.length).toBeGreaterThanOrEqual(7);
    const load = `
      for (const name of ${JSON.stringify(names)}) {
        const attributes = name.endsWith(".json") ? { with: { type: "json" } } : {};
        const loaded = await import(name, attributes).catch(({ code }) => code);
        console.log(name, typeof loaded === "string" ? loaded : Object.keys(loaded).length > 0);
      }
      console.log(await import("prinia/dist/client/index.js").catch(({ code }) => code));`;
    writeFileSync(join(packed.consumer, "entries.js"), load);
    const { stdout } = await promisify(execFile)(process.execPath, ["entries.js"], { cwd: packed.consumer });
    const [inside, ...loaded] = stdout.trim().split("\n").reverse();
    expect(inside).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED");
    // What is for Workers alone has modules that Node has not: those entries are what runs in workerd above.
    const inWorkerd = ["embedded.js", "inside.js"]
      .map((file) => readFileSync(join(packed.consumer, file), "utf8"))
      .join("");
    const outcomeOf = (name: string): string =>
      inWorkerd.includes(`from "${name}"`) && name !== "prinia" ? "ERR_UNSUPPORTED_ESM_URL_SCHEME" : "true";
    expect(loaded.toReversed()).toEqual(names.map((name) => `${name} ${outcomeOf(name)}`));
  });

  test("has the commands that the manifest names, and they tell what they can do", async () => {
    const commands = Object.keys(packed.manifest.bin);
    const folder = join(packed.consumer, "node_modules/.bin");
    expect(existsSync(folder) ? readdirSync(folder).toSorted() : []).toEqual(commands.toSorted());
    for (const command of commands) {
      const asked = async (flag: string) =>
        (await promisify(execFile)(process.execPath, [join(folder, command), flag], { cwd: packed.consumer })).stdout;
      expect(await asked("--version")).toContain(packed.manifest.version);
      expect(await asked("--help")).toContain(`${command} `);
    }
  });
});

describe.concurrent("its declarations compile", () => {
  const nodenext = { module: "nodenext" };
  const bundler = { module: "esnext", moduleResolution: "bundler" };
  const node = { types: ["node"] };
  const browser = { types: [], lib: ["ES2024", "DOM"] };
  const workers = { types: ["@cloudflare/workers-types"] };
  /** The declarations themselves, and those of all libraries: once for each home, since it takes seconds. */
  const whole = { skipLibCheck: false };

  test.each([
    ["nodenext, Node", { ...nodenext, ...node, ...whole }, ["consumer.ts", "file.ts"]],
    ["bundler, Node", { ...bundler, ...node }, ["consumer.ts", "file.ts"]],
    ["bundler, a browser", { ...bundler, ...browser, ...whole }, ["consumer.ts"]],
    ["bundler, Workers", { ...bundler, ...workers, ...whole }, ["consumer.ts", "embedded.js"]],
    ["nodenext, Workers", { ...nodenext, ...workers }, ["consumer.ts", "embedded.js"]],
  ])("%s", async (name, options, files) => {
    const config = join(packed.consumer, `tsconfig.${name.replaceAll(/\W+/g, "-")}.json`);
    const strict = { strict: true, exactOptionalPropertyTypes: true, checkJs: true, noEmit: true };
    const compilerOptions = { target: "ES2024", lib: ["ES2024"], skipLibCheck: true, ...strict, ...options };
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const compiler = [`${ROOT}node_modules/typescript/bin/tsc`, "-p", config];
    const said = await promisify(execFile)(process.execPath, compiler).catch((error: { stdout: string }) => error);
    expect(said.stdout).toBe("");
  });
});

describe("what is in it", () => {
  const textOf = (file: string): string => readFileSync(join(packed.folder, file), "utf8");

  test("the build, and what tells of it: no sources, no tests, no maps", () => {
    const others = packed.files.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file));
    expect(others.toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(globSync("**/*.test.*", { cwd: packed.folder })).toEqual([]);
  });

  const targets = (condition: string): string[] =>
    Object.values(packed.manifest.exports).flatMap((target) =>
      typeof target === "string" ? [] : [join(packed.folder, target[condition] ?? "")],
    );

  test("every file that an export names", () => {
    const named = [...targets("types"), ...targets("default")];
    expect(named.length).toBeGreaterThanOrEqual(10);
    expect(packed.files.map((file) => join(packed.folder, file))).toEqual(expect.arrayContaining(named));
  });

  test("imports of its dependencies, of each of them, and of nothing else but what platforms have", async () => {
    const commands = Object.values(packed.manifest.bin).map((file) => join(packed.folder, file));
    const { metafile } = await build({
      entryPoints: [...targets("default"), ...commands],
      ...{ bundle: true, write: false, metafile: true, outdir: "out", format: "esm", packages: "external" },
    });
    const imported = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    const [builtin, name] = [/^(node|cloudflare):/, /^(@[^/]+\/)?[^/]+/];
    const packages = imported.filter((path) => !builtin.test(path)).map((path) => name.exec(path)?.[0]);
    expect([...new Set(packages)].toSorted()).toEqual(Object.keys(packed.manifest.dependencies).toSorted());
    const builtins = imported.filter((path) => builtin.test(path));
    const ofTheProgram = [
      "node:child_process",
      "node:events",
      "node:readline/promises",
      "node:stream/consumers",
      "node:util",
    ];
    const ofTheLibrary = ["cloudflare:workers", "node:fs", "node:sqlite", "node:timers"];
    expect([...new Set(builtins)].toSorted()).toEqual([...ofTheLibrary, ...ofTheProgram].toSorted());
  });

  test("a program that runs with its dependencies alone", async () => {
    const program = join(packed.folder, packed.manifest.bin.prinia ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [program, "queues", "--json", "--url", url]);
    expect(stdout).toContain('"name":');
    expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test("no path of the machine on which it was built", () => {
    const paths = [packed.source, ROOT.replace(/\/$/, ""), `${homedir()}/`, "file://", "node_modules/"];
    const found = packed.files.flatMap((file) =>
      paths.filter((path) => textOf(file).includes(path)).map((path) => `${file}: ${path}`),
    );
    expect(found).toEqual([]);
  });
});
