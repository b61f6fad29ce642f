import type { z } from "zod";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import type { ToolApi } from "./tool.ts";

/** An optional peer: with its dependencies it takes 17 MB that most installations do not need. */
const PACKAGE = "@modelcontextprotocol/sdk@1";

const schema = ({ z, noArguments }: OptionSchemas) =>
  z.object({ arguments: noArguments, write: z.boolean().default(false) }).strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async ({ write }: Given, { connect, signal, log }: CommandContext<ToolApi>): Promise<number> => {
  const { StdioServerTransport } = await import("@modelcontextprotocol/sdk/server/stdio.js").catch(
    (error: unknown) => {
      throw new AnchorageError(
        "unavailable",
        `The package of the Model Context Protocol is not installed (${messageOf(error).split("\n")[0]}): npm install ${PACKAGE}`,
        { cause: error },
      );
    },
  );
  const { serveTools } = await import("./server.ts");
  const client = await connect();
  try {
    const transport = new StdioServerTransport();
    // The transport itself does not notice that its client has gone.
    process.stdin.once("close", () => void transport.close());
    await serveTools(client, transport, { write, signal, log });
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  } finally {
    await client.close();
  }
};

/** `anchorage mcp`. */
export const mcpCommand: Command<Given, CommandContext<ToolApi>> = {
  name: "mcp",
  on: "anchorage",
  hasJson: false,
  synopsis: "[--write] [options]",
  about: [
    "Serves tools for language models by the Model Context Protocol over stdin and stdout, until stdin closes: list_collections, search, classify, explain, coverage and counterfactual. A program such as an editor or a chat starts it; docs/agents.md shows how.",
    "",
    "With --write there are also add and remove, by which a model can store anchors, replace and remove them.",
  ].join("\n"),
  options: { write: { type: "boolean", help: "offer the tools that add and remove anchors" } },
  examples: ["", "--url http://127.0.0.1:8080 --write"],
  schema,
  run,
};
