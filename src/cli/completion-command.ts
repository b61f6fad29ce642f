import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const schema = ({ z }: OptionSchemas) =>
  z.object({ arguments: z.tuple([z.enum(SHELLS)], "bash, zsh or fish is required") }).strict();

type Given = z.output<ReturnType<typeof schema>>;

/** `anchorage completion`. */
export const completionCommand: Command<Given, CommandContext> = {
  name: "completion",
  hasJson: false,
  synopsis: "bash|zsh|fish",
  about: [
    "Prints a script that makes a shell complete the names of commands and options, the values of some options, and files.",
    "",
    'bash: eval "$(anchorage completion bash)" in ~/.bashrc. zsh: source <(anchorage completion zsh) in ~/.zshrc, after compinit. fish: anchorage completion fish > ~/.config/fish/completions/anchorage.fish',
  ].join("\n"),
  options: {},
  examples: SHELLS,
  schema,
  run: async ({ arguments: [shell] }, { commands, print }) => {
    const { completionScript } = await import("./completion.ts");
    print(await completionScript(shell, commands));
    return EXIT.done;
  },
};
