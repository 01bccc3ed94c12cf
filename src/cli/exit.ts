/** How the CLI ends: codes for programs, errors for people. */

import { PriniaError, RunTimeoutError, TaskFailedError } from "../task/errors.ts";

export const EXIT = {
  ok: 0,
  /** The server said no. */
  refused: 1,
  /** The command line is not well formed. */
  usage: 2,
  /** No answer came. */
  unreachable: 3,
  /** A task that was waited for was killed. */
  failed: 4,
  /** A task that was waited for had not ended in time. */
  late: 5,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Something is wrong with how the command was called: what, and what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command has failed: it has said why, or says it so. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Somebody pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** What is said of an error, and the code that the process ends with. */
export interface Ending {
  readonly exitCode: number;
  readonly text: string;
}

/** @param url of the server, to say where it was that nobody answered */
export function endingOf(error: unknown, url: string): Ending {
  if (error instanceof CommandError) return { exitCode: error.exitCode, text: error.message };
  if (error instanceof UsageError) return { exitCode: EXIT.usage, text: error.message };
  if (error instanceof Interrupted) return { exitCode: EXIT.interrupted, text: "" };
  if (error instanceof TaskFailedError) {
    const text = `The task ${error.id} was killed after ${attempts(error.attempt)}: ${error.message}`;
    return { exitCode: EXIT.failed, text };
  }
  if (error instanceof RunTimeoutError) return { exitCode: EXIT.late, text: error.message };
  if (error instanceof PriniaError) return refusalOf(error, url);
  // Codecs and the like: what was sent could not be read.
  return { exitCode: EXIT.refused, text: error instanceof Error ? error.message : String(error) };
}

const attempts = (count: number): string => (count === 1 ? "1 attempt" : `${count} attempts`);

function refusalOf(error: PriniaError, url: string): Ending {
  if (error.code === "unreachable") {
    const advice = "Is the server running? Say where it is by --url or PRINIA_URL.";
    return { exitCode: EXIT.unreachable, text: `${url} does not answer: ${error.detail} ${advice}` };
  }
  const isCall = error.code === "bad_request" && error.status === 0;
  const text = `${error.detail}${ADVICE[error.code] ?? ""} (${error.code})`;
  return { exitCode: isCall ? EXIT.usage : EXIT.refused, text };
}

const TOKEN = " Give a token by --token or PRINIA_TOKEN; `prinia token` mints one.";
const ADVICE: Partial<Record<PriniaError["code"], string>> = {
  unauthorized: TOKEN,
  forbidden: " Its scopes and queues are said when it is minted: see `prinia token --help`.",
};
