import type { z } from "zod";
import { columns, EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";

const schema = ({ z, noArguments }: OptionSchemas) => z.object({ arguments: noArguments }).strict();

/** `anchorage doctor`. */
export const doctorCommand: Command<z.output<ReturnType<typeof schema>>, CommandContext> = {
  name: "doctor",
  on: "data-dir",
  synopsis: "[options]",
  about:
    "Checks what Anchorage needs on this machine: Node, Postgres, native libraries, a compiler where one is needed, DATA_DIR and its disk, memory, the port, and encoders. Says how to mend what is missing. Nothing is changed.",
  options: {},
  examples: ["", "--json"],
  exits: {
    done: "everything is there",
    failed: "something that Anchorage needs is missing",
    partly: "Anchorage runs, but something is missing that it can do without",
  },
  schema,
  run: async (_, { config, findService, show, style }) => {
    const { examine } = await import("./checks.ts");
    const findings = await examine(config, findService);
    const mark = {
      ok: style("green", "ok"),
      warning: style("yellow", "warning"),
      missing: style("red", "missing"),
    };
    show(findings, () =>
      columns(findings.map(({ name, found }) => [name, found])).flatMap((line, i) => {
        const finding = findings[i];
        if (finding === undefined) return [];
        const { state, mend } = finding;
        const padding = " ".repeat("missing".length - state.length);
        return [`${mark[state]}${padding}  ${line}`, ...(mend === null ? [] : [`           ${mend}`])];
      }),
    );
    if (findings.some(({ state }) => state === "missing")) return EXIT.failed;
    return findings.some(({ state }) => state === "warning") ? EXIT.partly : EXIT.done;
  },
};
