/** `prinia completions`: what a shell needs to complete commands and options. */

import { type Command, command } from "../command.ts";
import { UsageError } from "../exit.ts";

/** @param all the commands, this one not among them */
export const completionsOf = (all: readonly Command[]): Command => {
  const own = command({
    name: "completions",
    description: "Print the completions for a shell",
    args: { shell: { type: "positional", required: true, description: "bash, zsh or fish" } },
    run: async ({ shell }, terminal) => {
      const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined;
      if (!write)
        throw new UsageError(`There are completions for bash, zsh and fish, not for ${JSON.stringify(shell)}.`);
      terminal.out(write([...all, own]));
    },
  });
  return own;
};

const SHELLS = { bash, zsh, fish };

const optionsOf = ({ args }: Command): string[] =>
  Object.entries(args).flatMap(([name, { type }]) => (type === "positional" ? [] : [`--${name}`]));

const SHELL_NAMES = "bash zsh fish";
const wordsOf = (one: Command): string =>
  [...optionsOf(one), "--help", ...(one.name === "completions" ? [SHELL_NAMES] : [])].join(" ");

function bash(commands: readonly Command[]): string {
  const cases = commands.map((one) => `    ${one.name}) words="${wordsOf(one)}" ;;`).join("\n");
  return `# In ~/.bashrc: source <(prinia completions bash)
_prinia() {
  local words
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*) words="${commands.map(({ name }) => name).join(" ")} help --help --version" ;;
${cases.replaceAll(/^ {4}/gm, "    *:")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _prinia prinia`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, description }) => quoted(`${name}:${description}`)).join(" ");
  const cases = commands.map((one) => `    ${one.name}) compadd -- ${wordsOf(one)} ;;`).join("\n");
  return `#compdef prinia
# In ~/.zshrc: source <(prinia completions zsh)
_prinia() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(${names})
    _describe command commands
    return
  fi
  case $words[2] in
${cases}
  esac
}
compdef _prinia prinia`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((one) => [
    `complete -c prinia -n __fish_use_subcommand -a ${one.name} -d ${quoted(one.description)}`,
    ...Object.entries(one.args).flatMap(([name, arg]) =>
      arg.type === "positional"
        ? []
        : [
            `complete -c prinia -n '__fish_seen_subcommand_from ${one.name}' -l ${name}${arg.type === "string" ? " -x" : ""} -d ${quoted(arg.description ?? "")}`,
          ],
    ),
    ...(one.name === "completions"
      ? [`complete -c prinia -n '__fish_seen_subcommand_from completions' -a ${quoted(SHELL_NAMES)}`]
      : []),
  ]);
  return ["# In ~/.config/fish/config.fish: prinia completions fish | source", "complete -c prinia -f", ...lines].join(
    "\n",
  );
}
