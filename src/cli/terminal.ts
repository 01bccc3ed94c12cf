/** What the CLI runs in: the process, or a test. */

import { createInterface } from "node:readline/promises";
import { text as textOfStream } from "node:stream/consumers";
import type { Transport } from "../backend/port.ts";
import type { Fetch, ServerOptions } from "../client/requests.ts";
import type { Environment } from "./settings.ts";

export interface Terminal {
  readonly env: Environment;
  /** Whether people see what is printed. */
  readonly isTTY: boolean;
  /** How wide it is, where people see it. */
  readonly columns: number;
  /** Whether somebody can be asked. */
  readonly canAsk: boolean;
  /** Fires at the first Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Fires at the second. */
  readonly killed: AbortSignal;
  /** A line of what was asked for. */
  out(line: string): void;
  /** A line beside it. */
  err(line: string): void;
  /** All of the standard input; `null` when somebody would have to type it. */
  read(): Promise<string | null>;
  /** Lines of the standard input as they come. */
  lines(): AsyncIterable<string>;
  ask(question: string): Promise<string>;
  /** The file's text; `undefined` when there is none. */
  readFile(path: string): string | undefined;
  /** Instead of the network. */
  readonly fetch?: Fetch;
  readonly connect?: (server: ServerOptions) => Transport;
}

/** The process that this is. */
export function processTerminal(readFile: Terminal["readFile"]): Terminal {
  const [interrupted, killed] = [new AbortController(), new AbortController()];
  const stop = () => (interrupted.signal.aborted ? killed.abort() : interrupted.abort());
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  // Whoever reads what we print may have enough of it, as `head` has.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const { stdin, stdout, stderr, env } = process;
  return {
    env,
    isTTY: stdout.isTTY === true,
    columns: stdout.columns ?? 80,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    interrupted: interrupted.signal,
    killed: killed.signal,
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    read: async () => (stdin.isTTY ? null : await textOfStream(stdin)),
    lines: () => createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY }),
    ask: (question) => askOn(question, interrupted.signal),
    readFile,
  };
}

async function askOn(question: string, signal: AbortSignal): Promise<string> {
  const { stdin: input, stderr: output } = process;
  const asking = createInterface({ input, output });
  try {
    return await asking.question(question, { signal });
  } catch {
    return "";
  } finally {
    asking.close();
  }
}
