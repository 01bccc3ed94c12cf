/** The Worker as one module, built as wrangler builds it. */

import { fileURLToPath } from "node:url";
import { build, formatMessages, stop } from "esbuild";
import type { Result } from "../task/result.ts";

const ENTRY = fileURLToPath(new URL("../index.ts", import.meta.url));

/**
 * Bundles a Worker; the error is what esbuild has to say.
 * @param entry its main module; `src/index.ts` when not given
 */
export async function bundleWorker(entry: string = ENTRY): Promise<Result<string, string>> {
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*"],
      define: { "process.env.NODE_ENV": '"production"' },
      loader: { ".html": "text", ".txt": "text", ".sql": "text" },
      logLevel: "silent",
    });
    return { ok: true, value: outputFiles[0]?.text ?? "" };
  } catch (error) {
    return { ok: false, error: `The Worker could not be built:\n${await explain(error)}` };
  } finally {
    // esbuild keeps a process of its own, which would idle for as long as we serve.
    await stop();
  }
}

async function explain(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (!("errors" in error) || !Array.isArray(error.errors)) return error.message;
  return (await formatMessages(error.errors, { kind: "error" })).join("").trimEnd();
}
