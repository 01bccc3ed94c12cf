/** A task as a command of the shell: args in, result out, an end when the lease is lost. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TaskContext } from "../backend/layer.ts";
import { MAX_RESULT_BYTES, SHELL_GRACE_MS } from "../limits.ts";
import { AbortError } from "../task/errors.ts";
import { UsageError } from "./exit.ts";

/** What a command ends with to have its task killed. */
export const DEFAULT_KILL_CODE = 100;

/**
 * The command as `sh -c` takes it. `{}` becomes `"$1"`: the args are a parameter of the shell, which it does not read as
 * code, whatever is in them. Within quotes that would not hold, so `{}` is refused there.
 *
 * @throws UsageError
 */
export function scriptOf(command: string): string {
  let quote: string | undefined;
  let script = "";
  for (let at = 0; at < command.length; at++) {
    const character = command[at] as string;
    if (command.startsWith("{}", at)) {
      if (quote !== undefined)
        throw new UsageError(`--exec has {} within ${quote}${quote}: leave the quotes out, it is one word by itself.`);
      script += '"$1"';
      at++;
      continue;
    }
    script += character;
    if (character === "\\" && quote !== "'") script += command[++at] ?? "";
    else if (character === quote) quote = undefined;
    else if (quote === undefined && /['"`]/.test(character)) quote = character;
  }
  if (quote !== undefined) throw new UsageError(`--exec opens a ${quote} that it does not close.`);
  return script;
}

export interface ShellOptions {
  readonly script: string;
  readonly killCode: number;
  readonly queue: string;
  /** Is told each line of the command's standard error. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs the command for a task.
 *
 * @returns what it wrote: as JSON where that is JSON, else as text; null when it wrote nothing
 * @throws AbortError when it ended with the kill code, an Error for any other end but 0
 */
export async function runShell(args: unknown, context: TaskContext, options: ShellOptions): Promise<unknown> {
  const { signal, id, attempt, logger } = context;
  signal.throwIfAborted();
  const text = JSON.stringify(args);
  const child = started(
    text,
    { PRINIA_QUEUE: options.queue, PRINIA_TASK: id, PRINIA_ATTEMPT: String(attempt) },
    options,
  );
  const end = () => void endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  let last = "";
  eachLine(child, (line) => {
    last = line;
    logger.info(line);
    options.onLine(line);
  });
  try {
    // A command that does not read its input closes it.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(text);
    const [output, [code, killedBy]] = await Promise.all([outputOf(child, end), ended(child)]);
    if (signal.aborted) throw signal.reason;
    if (output === null)
      throw new Error(`The command wrote more than ${MAX_RESULT_BYTES} bytes, which no result may have.`);
    if (code === 0) return resultOf(output);
    const why = last || (killedBy ? `The command was ended by ${killedBy}.` : `The command ended with ${code}.`);
    throw code === options.killCode ? new AbortError(why) : new Error(why);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function started(text: string, env: Record<string, string>, { script }: ShellOptions): ChildProcess {
  try {
    return spawn("sh", ["-c", script, "prinia", ...(script.includes('"$1"') ? [text] : [])], {
      // A group of its own, so that it ends as a whole; and so that Ctrl-C lets it end what it does.
      detached: true,
      stdio: "pipe",
      env: { ...process.env, ...env },
    });
  } catch (error) {
    throw explained(error, text);
  }
}

function explained(error: unknown, text: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "E2BIG") return new Error(`The command could not be started: ${message}`);
  return new Error(
    `The args are ${text.length} characters, too many for a command line: leave {} out and read the standard input.`,
  );
}

async function ended(child: ChildProcess): Promise<[code: number | null, signal: string | null]> {
  const [code, signal] = await once(child, "close").catch((error: unknown) => {
    throw explained(error, "");
  });
  return [code, signal];
}

/** What it writes; `null` when that is too much, and then it is ended. */
async function outputOf(child: ChildProcess, end: () => void): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_RESULT_BYTES) chunks.push(chunk);
    else end();
  });
  if (child.stdout) await once(child.stdout, "close").catch(() => undefined);
  return bytes > MAX_RESULT_BYTES ? null : Buffer.concat(chunks).toString("utf8");
}

function eachLine(child: ChildProcess, told: (line: string) => void): void {
  let rest = "";
  child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = (lines.pop() ?? "").slice(-MAX_RESULT_BYTES);
    for (const line of lines) if (line.trim() !== "") told(line);
  });
  child.stderr?.on("end", () => rest.trim() !== "" && told(rest));
}

function resultOf(output: string): unknown {
  const text = output.replace(/\r?\n$/, "");
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks the whole group to end, and ends it if it does not. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  signalGroup(child.pid, "SIGTERM");
  const timer = setTimeout(() => child.pid && signalGroup(child.pid, "SIGKILL"), SHELL_GRACE_MS);
  await once(child, "close").catch(() => undefined);
  clearTimeout(timer);
}

function signalGroup(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}
