import {
  COMMAND_GROUPS,
  EXIT,
  type AnyCommand,
  type CommandTable,
  type Exit,
  type Option,
  type Style,
} from "../command.ts";

const WIDTH = 100;

type Described = Pick<AnyCommand, "name" | "synopsis" | "about" | "options" | "examples" | "exits">;

/**
 * The text of `--help`.
 *
 * @param program what is typed before the arguments, such as `anchorage import`
 * @param common options beside the command's own
 */
export const helpOf = (
  command: Described,
  program: string,
  common: Readonly<Record<string, Option>>,
  style: Style,
): string => {
  const { synopsis, about, options, examples, exits = {} } = command;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Options", tableOf(rowsOf(options))],
    ["Common options", tableOf([...rowsOf(common), ["  -h, --help", "print this help"]])],
    ["Examples", examples.map((example) => `  ${program} ${example}`.trimEnd())],
    ["Exit codes", exitLines(exits)],
  ];
  return [
    `${style("bold", "Usage:")} ${program} ${synopsis}`.trimEnd(),
    "",
    ...about.split("\n").flatMap((paragraph) => wrap(paragraph, WIDTH)),
    ...sections.flatMap(([title, lines]) =>
      lines.length === 0 ? [] : ["", style("bold", `${title}:`), ...lines],
    ),
  ].join("\n");
};

const exitLines = (exits: Partial<Record<Exit, string>>): string[] => {
  const described = Object.entries(EXIT).flatMap(([name, code]) => {
    const text = exits[name as Exit];
    return text === undefined ? [] : [[`  ${code}`, text] as const];
  });
  return described.length === 0
    ? []
    : [...tableOf(described), "  others as for every command (docs/commands.md)"];
};

type Row = readonly [string, string];

const rowsOf = (options: Readonly<Record<string, Option>>): Row[] =>
  Object.entries(options).map(([name, { type, value = "VALUE", help, default: given }]) => [
    `  --${name}${type === "boolean" ? "" : ` ${value}`}`,
    `${help}${given === undefined ? "" : ` [${given}]`}`,
  ]);

/** Two columns, the second one wrapped. */
const tableOf = (rows: readonly Row[]): string[] => {
  const column = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(
    ([left, right]) => left.padEnd(column) + wrap(right, WIDTH - column).join(`\n${" ".repeat(column)}`),
  );
};

const wrap = (text: string, width: number): string[] => {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
};

/** The text of `anchorage --help`: every command with its summary. */
export const overviewOf = (table: CommandTable, style: Style): string => {
  const entries = Object.entries(table);
  const column = Math.max(...entries.map(([name]) => name.length)) + 4;
  return [
    `${style("bold", "Usage:")} anchorage COMMAND [options]`,
    "",
    "Image-text pairs that classify and search images without training. Commands work on the service at --url or",
    "ANCHORAGE_URL, else on DATA_DIR (./data), or on the service that holds it.",
    ...COMMAND_GROUPS.flatMap((group) => {
      const own = entries.filter(([, entry]) => entry.group === group);
      const lines = own.map(([name, { summary }]) => `  ${name.padEnd(column - 2)}${summary}`);
      return lines.length === 0 ? [] : ["", style("bold", `${group}:`), ...lines];
    }),
    "",
    "anchorage COMMAND --help shows a command's options and examples. docs/commands.md goes from questions to commands.",
  ].join("\n");
};

/** The text of `anchorage GROUP`, such as `anchorage encoders`: the commands that begin with it. */
export const subcommandsOf = (table: CommandTable, group: string, style: Style): string =>
  [
    `${style("bold", "Usage:")} anchorage ${group} COMMAND [options]`,
    "",
    ...tableOf(
      Object.entries(table)
        .filter(([name]) => name.startsWith(`${group} `))
        .map(([name, { summary }]) => [`  ${name}`, summary] as const),
    ),
  ].join("\n");
