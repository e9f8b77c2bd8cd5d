/** Completion: a script for the shell that asks `gatehouse __complete` for the words that may follow. */
import { type Command, shortName } from "./commands.ts";

const scripts: Readonly<Record<string, string>> = {
  bash: `_gatehouse() {
  mapfile -t COMPREPLY < <(compgen -W "$(gatehouse __complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -F _gatehouse gatehouse`,
  zsh: `#compdef gatehouse
_gatehouse() { compadd -- \${(f)"$(gatehouse __complete "\${words[@]:1:CURRENT-2}" 2>/dev/null)"} }
compdef _gatehouse gatehouse`,
  fish: `complete -c gatehouse -f -a '(gatehouse __complete (commandline -opc)[2..] 2>/dev/null)'`,
};

/** @returns undefined for a shell that is not known */
export function completionScript(shell: string): string | undefined {
  return Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
}

/** The words that may follow these. */
export function complete(commands: readonly Command[], [group, name]: readonly string[]): string[] {
  if (group === undefined) return [...new Set(commands.map((command) => command.group)), "completion"];
  const own = commands.filter((command) => command.group === group);
  if (name === undefined) return own.map((command) => command.name);
  const command = own.find((each) => each.name === name);
  if (!command) return [];
  return [...command.flags.map((flag) => `--${shortName(command, flag)}`), "--output", "--json", "--help"];
}
