import type { CommandTable } from "../command.ts";

/** The commands that belong to no feature. */
export const CORE_COMMANDS: CommandTable = {
  serve: {
    group: "Service",
    summary: "start the service and its page",
    load: async () => (await import("./serve-command.ts")).serveCommand,
  },
  completion: {
    group: "Help",
    summary: "make a shell complete commands, options and values",
    load: async () => (await import("./completion-command.ts")).completionCommand,
  },
};
