/** The CLI: which command, its help, and how it ends. */

import { stripVTControlCharacters } from "node:util";
import { renderUsage } from "citty";
import { urlOf } from "./client.ts";
import { definitionOf } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, endingOf, UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** @returns what the process is to end with */
export async function prinia(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const [name = "", ...rest] = args;
  try {
    if (["", "help", "--help", "-h"].includes(name)) return say(terminal, help(version));
    if (["--version", "-v"].includes(name)) return say(terminal, version);
    const command = COMMANDS.find((one) => one.name === name);
    if (!command) throw new UsageError(unknown(name));
    const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
    if (own.includes("--help") || own.includes("-h")) {
      return say(terminal, command.usage ?? colored(terminal, (await renderUsage(definitionOf(command))).trimEnd()));
    }
    await command.run(rest, terminal);
    return EXIT.ok;
  } catch (error) {
    const at = rest.findIndex((one) => one === "--url" || one.startsWith("--url="));
    const url = at < 0 ? undefined : rest[at]?.slice("--url=".length) || rest[at + 1];
    const { exitCode, text } = endingOf(error, urlOf({ url }, terminal));
    if (text !== "") terminal.err(`prinia${COMMANDS.some((one) => one.name === name) ? ` ${name}` : ""}: ${text}`);
    return exitCode;
  }
}

function say(terminal: Terminal, text: string): number {
  terminal.out(text);
  return EXIT.ok;
}

/** Colours are for terminals, and not for those who want none (https://no-color.org). */
const colored = ({ isTTY, env }: Terminal, text: string): string =>
  isTTY && !env.NO_COLOR ? text : stripVTControlCharacters(text);

function unknown(name: string): string {
  const option = name.startsWith("-") ? " Options stand behind the command." : "";
  return `There is no command ${JSON.stringify(name)}.${option} See \`prinia help\`.`;
}

function help(version: string): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return `prinia ${version}: a task queue on Durable Objects

Usage: prinia <command> [options]

${COMMANDS.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join("\n")}

The server is --url or PRINIA_URL (http://127.0.0.1:8787 when neither is given), the token --token or PRINIA_TOKEN.
\`prinia <command> --help\` says more of each.

Ends with 0 when all is well, 1 when the server refuses, 2 when the command line is wrong, 3 when no server answers,
4 when a task that was waited for was killed, 5 when it did not end in time, 130 after Ctrl-C.`;
}
