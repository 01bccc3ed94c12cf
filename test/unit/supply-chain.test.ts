/** What is installed with this package, and what it reaches out to: exact versions, pinned bytes, no scripts, no requests. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

const manifest = read("package.json") as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
  allowScripts: Record<string, boolean>;
};

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}

const locked = Object.entries((read("package-lock.json") as { packages: Record<string, Locked> }).packages).filter(
  ([path]) => path !== "",
);

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

/** A version, or another package's under this name. */
const EXACT = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;

test("every version is exact", () => {
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter(([, version]) => !EXACT.test(version))).toEqual([]);
  for (const range of [
    "^1.0.0",
    "~1.0.0",
    "1.x",
    "*",
    "latest",
    ">=1.0.0",
    "github:a/b",
    "file:../a",
    "npm:a@^1.0.0",
  ]) {
    expect(range).not.toMatch(EXACT);
  }
});

test("nothing else asks for packages", () => {
  const fields = Object.keys(manifest).filter((field) => /dependencies|overrides/i.test(field));
  expect(fields).toEqual(["dependencies", "devDependencies", "overrides"]);
  // Swagger UI asks for a package whose only use is to report, when it is installed, who installs it: an empty one stands in.
  expect(manifest.overrides).toEqual({ "@scarf/scarf": "npm:empty-npm-package@1.0.0" });
});

test("the lockfile pins the bytes of every package, and names no place to get them from", () => {
  expect(locked.length).toBeGreaterThan(100);
  const loose = locked.filter(([, { integrity, link }]) => link === true || !/^sha512-/.test(integrity ?? ""));
  expect(loose.map(([path]) => path)).toEqual([]);
  expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test("the lockfile has what the manifest asks for", () => {
  const versions = new Map(locked.map(([path, { version }]) => [path, version]));
  for (const [name, wanted] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(versions.get(`node_modules/${name}`), name).toBe(wanted.slice(wanted.lastIndexOf("@") + 1));
  }
});

test("the only packages that run a script when installed are those that fetch a program, and are allowed to by name", () => {
  const running = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
  // fsevents is for macOS, and not installed elsewhere.
  const known = [...Object.keys(manifest.allowScripts), "fsevents"];
  expect(running.filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.keys(manifest.allowScripts)).toEqual(["bun", "deno", "esbuild", "node", "workerd"]);
  // None of them comes with the package: its users run no script.
  for (const name of Object.keys(manifest.allowScripts)) expect(manifest.dependencies).not.toHaveProperty(name);
});

test("we run none at our users", () => {
  const lifecycle = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "postprepare", "dependencies"];
  expect(Object.keys(manifest.scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
  // Of a checkout, it builds dist/ and the pages; npm does not run it for those who install from a registry.
  expect(manifest.scripts.prepare).toBe("tsdown && npm run -s pages");
  expect(manifest.scripts.pages).toBe("node src/cli/pages.ts");
});

test("the server calls nothing but its own objects and Workers, and webhooks from one place", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = globSync("{http,object,store,protocol,task,outbound}/**/*.ts", { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  // A call of the global: not a method of something, and not the declaration of one.
  const call = /(?:await|return|=>|[=(,?:&|!])\s*(?:globalThis\.)?(?:fetch|connect|EventSource|new WebSocket)\(/;
  for (const one of ["await fetch(url)", "x = globalThis.fetch(url)", "(fetch(url))"]) expect(one).toMatch(call);
  expect(files.filter((file) => call.test(readFileSync(root + file, "utf8")))).toEqual(["outbound/webhook/target.ts"]);
});

test("the pages on threats, security and reliability name tests that there are", () => {
  for (const page of ["docs/threat-model.md", ".github/SECURITY.md", "docs/reliability.md"]) {
    const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
    const named = [...text.matchAll(/`(test\/[^`]+)`|\]\(\.\.\/(test\/[^)]+)\)/g)].map(
      ([, code, link]) => code ?? link ?? "",
    );
    expect(named.length, page).toBeGreaterThan(0);
    expect(named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
  }
});
