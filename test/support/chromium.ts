/** A real Chromium for tests: from the package that carries one on Linux, the installed Chrome elsewhere. */

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";
import { cleanUp } from "./cleanup.ts";
import { ROOT } from "./processes.ts";

const VERSION = "153.0.0";
/** 210 MB when unpacked: once, for all runs, until node_modules is made anew. */
const CACHE = join(ROOT, "node_modules/.cache");
const FOLDER = join(CACHE, `chromium-${VERSION}`);
const BIN = join(ROOT, "node_modules/@sparticuz/chromium/bin");

const FONTS = join(FOLDER, "fonts.conf");
/** The package's own names places that it has on the machines it is made for. Without a font no text takes any room. */
const FONTS_CONFIG = `<?xml version="1.0"?>
<fontconfig><dir>${FOLDER}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${FOLDER}/cache</cachedir></fontconfig>
`;

/** It is to talk to nobody but the page's servers, and may run as root in a container. */
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts one; it is closed after the tests. */
export async function startChromium(): Promise<Browser> {
  const browser = await chromium.launch({ ...(await executable()), args: ARGS });
  cleanUp(() => browser.close());
  return browser;
}

async function executable(): Promise<LaunchOptions> {
  if (process.platform !== "linux") return { channel: "chrome" };
  if (!existsSync(FOLDER)) await unpack();
  const env = {
    ...process.env,
    // The libraries that a bare container lacks, and fonts: the package brings both.
    LD_LIBRARY_PATH: join(FOLDER, "al2023/lib"),
    FONTCONFIG_FILE: FONTS,
  };
  return { executablePath: join(FOLDER, "chromium"), env: env as Record<string, string> };
}

/** Aside, and moved when it is whole: another process may be at it. */
async function unpack(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const aside = await mkdtemp(`${FOLDER}-`);
  const { inflate } = await import("@sparticuz/chromium");
  const before = process.env.TMPDIR;
  // Where the package unpacks to, and nothing else can tell it.
  process.env.TMPDIR = aside;
  try {
    const names = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
    await Promise.all(names.map((name) => inflate(join(BIN, name))));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  await writeFile(join(aside, basename(FONTS)), FONTS_CONFIG);
  await rename(aside, FOLDER).catch(() => rm(aside, { recursive: true }));
}
