/** `npm run deploy`, as far as it goes without an account: what would be uploaded, and that docs/deploying.md is right. */

import { execFile } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "../support/blocks.ts";
import { cleanUp, temporaryFolder } from "../support/cleanup.ts";
import { ROOT } from "../support/processes.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const scripts: Record<string, string> = JSON.parse(read("package.json")).scripts;
const CONFIG = read("wrangler.toml");

interface DryRun {
  readonly said: string;
  readonly folder: string;
  /** Connections that it opened. */
  readonly calls: number;
}

/** At a home where nobody is logged in, and behind a proxy that lets nothing through. */
async function dryRun(config: string): Promise<DryRun> {
  let calls = 0;
  const proxy = createServer((socket) => {
    calls++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  cleanUp(() => new Promise<void>((resolve) => proxy.close(() => resolve())));
  const address = proxy.address();
  const by = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const folder = temporaryFolder();
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const env = {
    PATH: process.env.PATH,
    HOME: temporaryFolder(),
    ...{ CI: "1", WRANGLER_SEND_METRICS: "false", HTTPS_PROXY: by, HTTP_PROXY: by, https_proxy: by, http_proxy: by },
  };
  const args = [wrangler, "deploy", "--dry-run", "--outdir", folder, "--config", config];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  return { said: stdout + stderr, folder, calls };
}

describe("what `npm run deploy` uploads", () => {
  let run: DryRun;
  let bundle = "";
  beforeAll(async () => {
    run = await dryRun("wrangler.toml");
    bundle = readFileSync(join(run.folder, "index.js"), "utf8");
  });

  test("is built without an account and without a network, and `npm run check` builds it", () => {
    expect(run.said).toContain("--dry-run: exiting now.");
    expect(run.calls).toBe(0);
    expect(scripts.deploy).toBe("wrangler deploy");
    expect(scripts["deploy:dry"]).toBe("wrangler deploy --dry-run --outdir build/worker");
    for (const name of ["deploy", "deploy:dry"]) expect(scripts[`pre${name}`]).toBe(scripts.predev);
    expect(scripts.check).toContain("npm run deploy:dry");
  });

  test("exports the Worker, the entrypoint for bindings, and every class that is bound and migrated", () => {
    const exported = [...(/export\{([^}]*)\};?\s*(?:\/\/.*\s*)?$/.exec(bundle)?.[1] ?? "").matchAll(/ as (\w+)/g)];
    const names = exported.map(([, name]) => name);
    const bound = [...CONFIG.matchAll(/^class_name = "(\w+)"$/gm)].map(([, name]) => name);
    const migrated = [...CONFIG.matchAll(/^new_sqlite_classes = \[(.*)\]$/gm)].flatMap(([, list = ""]) =>
      [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    );
    expect(bound).toEqual(["QueueObject", "DirectoryObject"]);
    expect(migrated.toSorted()).toEqual(bound.toSorted());
    expect(names).toEqual(expect.arrayContaining([...bound, "PriniaService", "default"]));
    for (const binding of ["env.QUEUE (QueueObject)", "env.DIRECTORY (DirectoryObject)", "env.ASSETS"]) {
      expect(run.said).toContain(binding);
    }
  });

  test("has the pages beside it, the code's source map, and nothing of Node", () => {
    const pages = globSync("{board,docs}/**/*.*", { cwd: join(ROOT, "build/pages") });
    expect(pages).toEqual(expect.arrayContaining(["board/index.html", "docs/index.html"]));
    expect(Number(/Read (\d+) files/.exec(run.said)?.[1])).toBeGreaterThanOrEqual(pages.length);
    const { sources } = JSON.parse(readFileSync(join(run.folder, "index.js.map"), "utf8")) as { sources: string[] };
    expect(sources.filter((source) => source.endsWith("src/object/queue.ts"))).toHaveLength(1);
    expect(bundle).not.toMatch(/from\s?"node:/);
  });

  test("is small, minified and compressed", () => {
    // What it is made of has its own budget (test/unit/size.test.ts); this is what wrangler makes of it.
    const size = gzipSync(bundle, { level: 9 }).length;
    expect(size).toBeGreaterThan(40 * 1024);
    expect(size).toBeLessThan(128 * 1024);
  });
});

describe("docs/deploying.md", () => {
  const page = read("docs/deploying.md");

  test("the domain that it adds to the configuration is understood", async () => {
    const [domain = ""] = blocksOf("docs/deploying.md", "toml");
    const config = join(temporaryFolder(), "wrangler.toml");
    const paths = CONFIG.replace('"src/index.ts"', JSON.stringify(join(ROOT, "src/index.ts"))).replace(
      '"build/pages"',
      JSON.stringify(join(ROOT, "build/pages")),
    );
    writeFileSync(config, paths.replace("\n[dev]", `\n${domain}\n[dev]`));
    const { said } = await dryRun(config);
    expect(said).toContain("--dry-run: exiting now.");
    expect(said).not.toMatch(/Unexpected fields|Processing .* configuration/);
  });

  test("every script and every command of wrangler that it names exists", async () => {
    const named = [...page.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !(name && name in scripts))).toEqual([]);
    const cli = readFileSync(join(ROOT, "node_modules/wrangler/wrangler-dist/cli.js"), "utf8");
    for (const [, words = ""] of page.matchAll(
      /npx wrangler ((?:secret|deployments|rollback|login|tail)(?: put| list| delete)?)/g,
    )) {
      expect(cli, words).toContain(`command: "wrangler ${words}"`);
    }
  });

  test("every variable that it names is one that the server reads", () => {
    const names = new Set(page.match(/PRINIA_[A-Z]+(?:_[A-Z]+)?/g));
    expect(names.size).toBeGreaterThanOrEqual(5);
    const env = read("src/env.ts");
    expect([...names].filter((name) => !env.includes(`${name}?:`))).toEqual([]);
  });
});
