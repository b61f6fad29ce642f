import type { CommandTable, Option } from "../command.ts";
import { commonOptions } from "./common-options.ts";

/** What is known of a command for completing its arguments. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
}

/** The script that makes a shell complete the commands of `table`, their options and the values of options. */
export const completionScript = async (
  shell: "bash" | "zsh" | "fish",
  table: CommandTable,
): Promise<string> => {
  const commands = await Promise.all(
    Object.entries(table).map(async ([name, { summary, load }]): Promise<Completed> => {
      const command = await load();
      const help: Option = { type: "boolean", help: "print this help" };
      return { name, summary, options: { ...command.options, ...commonOptions(command), help } };
    }),
  );
  if (shell === "fish") return fish(commands);
  return shell === "bash" ? bash(commands) : `autoload -Uz bashcompinit && bashcompinit\n${bash(commands)}`;
};

const firstWords = (commands: readonly Completed[]): string[] => [
  ...new Set(commands.map(({ name }) => name.split(" ", 1).join(""))),
];

const secondWords = (commands: readonly Completed[], first: string): string[] =>
  commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));

/** zsh runs the same script by its emulation of bash's completion. */
const bash = (commands: readonly Completed[]): string => {
  const groups = firstWords(commands).filter((first) => secondWords(commands, first).length > 0);
  const values = commands.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, { choices }]) =>
      choices === undefined
        ? []
        : [
            `    "${name} --${option}") COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$word")); return;;`,
          ],
    ),
  );
  return [
    "_anchorage() {",
    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} name=${COMP_WORDS[1]} words=''",
    `  if ((COMP_CWORD == 1)); then COMPREPLY=($(compgen -W "${firstWords(commands).join(" ")} help --help --version" -- "$word")); return; fi`,
    '  case "$name" in',
    ...groups.flatMap((first) => [
      `    ${first})`,
      `      if ((COMP_CWORD == 2)); then COMPREPLY=($(compgen -W "${secondWords(commands, first).join(" ")} --help" -- "$word")); return; fi`,
      '      name="$name ${COMP_WORDS[2]}";;',
    ]),
    "  esac",
    '  case "$name $before" in',
    ...values,
    "  esac",
    '  case "$name" in',
    ...commands.map(
      ({ name, options }) =>
        `    "${name}") words="${Object.keys(options)
          .map((option) => `--${option}`)
          .join(" ")}";;`,
    ),
    "  esac",
    '  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '  else COMPREPLY=($(compgen -f -- "$word")); fi',
    "}",
    "complete -o filenames -F _anchorage anchorage",
  ].join("\n");
};

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const fish = (commands: readonly Completed[]): string => {
  const firsts = firstWords(commands);
  const lines = ["complete -c anchorage -n __fish_use_subcommand -f"];
  for (const first of firsts) {
    const own = commands.find(({ name }) => name === first);
    const about = own === undefined ? secondWords(commands, first).join(", ") : own.summary;
    lines.push(`complete -c anchorage -n __fish_use_subcommand -a ${first} -d ${quoted(about)}`);
  }
  for (const { name, summary, options } of commands) {
    const [first = "", second] = name.split(" ");
    const others = secondWords(commands, first).join(" ");
    const within =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`;
    if (second !== undefined)
      lines.push(
        `complete -c anchorage -f -n '__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${others}' -a ${second} -d ${quoted(summary)}`,
      );
    for (const [option, { type, help, choices }] of Object.entries(options)) {
      const value =
        type === "boolean" ? "" : choices === undefined ? " -r" : ` -x -a ${quoted(choices.join(" "))}`;
      lines.push(
        `complete -c anchorage -n '${within}' -l ${option}${value} -d ${quoted(
          help
            .split(/[;:.[]/, 1)
            .join("")
            .trim(),
        )}`,
      );
    }
  }
  return lines.join("\n");
};
