import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../command.ts";

const schema = ({ z, noArguments, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      port: wholeNumber(0, 65_535).optional(),
      host: z.string().min(1, "must not be empty").optional(),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

export const serveCommand: Command<Given, CommandContext> = {
  name: "serve",
  on: "data-dir",
  synopsis: "[options]",
  about: [
    "Starts the service: the HTTP API, the page at / and the documentation at /docs. The first start creates DATA_DIR with its Postgres and fills the sample collection, emoji, in the background. Ctrl-C or SIGTERM stops it.",
    "",
    "Every setting is an environment variable (docs/settings.md); --port, --host and --data-dir stand for PORT, HOST and DATA_DIR. With --json the log is written as JSON lines (LOG_FORMAT=json).",
  ].join("\n"),
  options: {
    port: { type: "string", value: "N", help: "the port to listen on; 0 picks a free one [PORT, else 8080]" },
    host: { type: "string", value: "HOST", help: "the address to listen on [HOST, else 127.0.0.1]" },
  },
  examples: ["", "--port 9000 --data-dir /var/lib/anchorage"],
  exits: { done: "the service was stopped", failed: "it could not start" },
  schema,
  run: async ({ port, host }, { config, json, signal }) => {
    const [{ readConfig }, { runService }] = await Promise.all([
      import("../config.ts"),
      import("../serve.ts"),
    ]);
    // Read once more, so that a host that needs a key is refused without one.
    const settings = readConfig({
      ...process.env,
      DATA_DIR: config.dataDir,
      ...(port === undefined ? {} : { PORT: String(port) }),
      ...(host === undefined ? {} : { HOST: host }),
      ...(json ? { LOG_FORMAT: "json" } : {}),
    });
    await runService(settings, signal);
    return EXIT.done;
  },
};
