/** What a person types: curl where it is installed, the same request by fetch where it is not. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** POSTs a JSON text, and returns the text of the answer. */
export async function curl(url: string, body: string): Promise<string> {
  try {
    const { stdout } = await run("curl", ["--silent", "--json", body, url]);
    return stdout;
  } catch (error) {
    if (!isMissing(error)) throw error;
    const response = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });
    return response.text();
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
