import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type CallToolResult,
} from "@modelcontextprotocol/sdk/types.js";
import { isAnchorageError, messageOf } from "../../errors.ts";
import type { Log } from "../../types.ts";
import type { Tool, ToolApi } from "./tool.ts";
import { TOOLS } from "./tools.ts";

const INSTRUCTIONS =
  "Anchorage stores image-text pairs (anchors) in collections. They are the model: with them it searches and classifies " +
  "images without training, and can say which anchors an answer is made of. Call list_collections first.";

/**
 * Serves the tools over one transport until it closes or `signal` aborts.
 *
 * A domain error, such as an unknown collection, becomes a tool error with its message, and the server goes on.
 *
 * @param options.write whether the tools that add and remove anchors are offered
 * @example
 * ```ts
 * const { StdioServerTransport } = await import("@modelcontextprotocol/sdk/server/stdio.js");
 * await serveTools(client, new StdioServerTransport(), { write: false, signal, log });
 * ```
 */
export const serveTools = async (
  api: ToolApi,
  transport: Transport,
  options: { readonly write: boolean; readonly signal: AbortSignal; readonly log: Log },
): Promise<void> => {
  const { write, signal, log } = options;
  const { version } = await api.about();
  const { server } = new McpServer(
    { name: "anchorage", version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const offered = TOOLS.filter(({ effect }) => write || effect === "reads");
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: offered.map(described) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal: cancelled }) => {
    const tool = TOOLS.find(({ name }) => name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool "${params.name}".`);
    if (!offered.includes(tool))
      return failed(`${tool.name} is switched off: this server was started without --write.`);
    return resultOf(tool, api, params.arguments ?? {}, cancelled, log);
  });
  server.onerror = (error) => log.warn(messageOf(error));
  const closed = new Promise<void>((resolve) => (server.onclose = resolve));
  const close = (): void => void server.close();
  signal.addEventListener("abort", close, { once: true });
  await server.connect(transport);
  if (signal.aborted) close();
  await closed;
  signal.removeEventListener("abort", close);
};

const described = ({ name, description, argumentsSchema, effect }: Tool) => ({
  name,
  description,
  inputSchema: argumentsSchema,
  annotations: {
    readOnlyHint: effect === "reads",
    // `add` replaces anchors with the same ids.
    destructiveHint: effect !== "reads",
    idempotentHint: true,
    openWorldHint: false,
  },
});

const resultOf = async (
  tool: Tool,
  api: ToolApi,
  given: unknown,
  signal: AbortSignal,
  log: Log,
): Promise<CallToolResult> => {
  try {
    const { answer, text } = await tool.call(api, given, { signal });
    return { content: [{ type: "text", text }], structuredContent: { ...answer } };
  } catch (error) {
    if (isAnchorageError(error)) return failed(error.message);
    log.error(`${tool.name}: ${messageOf(error)}`);
    throw error;
  }
};

const failed = (message: string): CallToolResult => ({
  content: [{ type: "text", text: message }],
  isError: true,
});
