import type { CommandTable } from "../command.ts";

/** The commands that belong to no feature. */
export const CORE_COMMANDS: CommandTable = {
  serve: {
    group: "Service",
    summary: "start the service and its page",
    load: async () => (await import("./serve-command.ts")).serveCommand,
  },
};
