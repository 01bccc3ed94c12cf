/** What a command is: its words, its arguments, and what it does. Read strictly, where citty is lenient. */

import { type ArgsDef, type CommandDef, type ParsedArgs, parseArgs } from "citty";
import { UsageError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

export interface Command {
  /** For the help, the completions, and the names of what may be given. */
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  /** Whether more may stand behind the last positional argument. */
  readonly variadic: boolean;
  /** Help of its own, where the arguments are read by other rules. */
  readonly usage?: string;
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<void>;
}

export interface CommandSpec<T extends ArgsDef> {
  readonly name: string;
  readonly description: string;
  readonly args: T;
  readonly variadic?: boolean;
  readonly run: (args: ParsedArgs<T>, terminal: Terminal) => Promise<void>;
}

export const command = <const T extends ArgsDef>({ variadic = false, ...spec }: CommandSpec<T>): Command => ({
  ...spec,
  variadic,
  run: (raw, terminal) => spec.run(read(raw, spec.args, spec.name, variadic), terminal),
});

/** As citty shows it. */
export const definitionOf = ({ name, description, args, variadic }: Command): CommandDef => ({
  meta: { name: `prinia ${name}${variadic ? " …" : ""}`, description },
  args,
});

/** @throws UsageError for an unknown option, one without its value, and for what stands where nothing is expected */
function read<T extends ArgsDef>(raw: readonly string[], defined: T, name: string, variadic: boolean): ParsedArgs<T> {
  const help = `See \`prinia ${name} --help\`.`;
  let args: ParsedArgs<T>;
  try {
    args = parseArgs<T>([...raw], defined);
  } catch (error) {
    throw new UsageError(`${plainText(error)}. ${help}`.replace("..", "."));
  }
  const options = Object.entries(defined).filter(([, { type }]) => type !== "positional");
  const known = new Set([
    "_",
    ...Object.keys(defined),
    ...options.flatMap(([option, arg]) => [camel(option), ...aliasesOf(arg)]),
  ]);
  const unknown = Object.keys(args).find((key) => !known.has(key));
  if (unknown !== undefined) throw new UsageError(`There is no option --${unknown}. ${help}`);
  for (const [option, { type }] of options)
    if (type === "string" && args[option] === "") throw new UsageError(`--${option} needs a value. ${help}`);
  const most = Object.keys(defined).length - options.length;
  const tooMuch = variadic ? undefined : args._[most];
  if (tooMuch !== undefined) throw new UsageError(`${JSON.stringify(tooMuch)} is one argument too many. ${help}`);
  return args;
}

/** citty colours its words whether or not somebody sees them. */
const plainText = (error: unknown): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  (error instanceof Error ? error.message : String(error)).replace(/\u001b\[\d+m/g, "");

const aliasesOf = (arg: ArgsDef[string]): string[] => ("alias" in arg ? [arg.alias ?? []].flat() : []);

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
