import { OpenAPIHono } from "@hono/zod-openapi";
import type { z } from "zod";
import type { CallOptions, CoreClient, CoreCollectionClient } from "../../client/index.ts";
import { parseWith } from "../../http/body.ts";
import type { SureClassifyAnswerBody, SureClassifyRequestBody } from "../calibration/client.ts";
import type { CounterfactualClient } from "../counterfactual/client.ts";
import type { CoverageClient } from "../coverage/client.ts";

/** The methods of a collection that tools call. */
interface ToolCollection
  extends
    Pick<CoreCollectionClient, "search" | "putAnchors" | "deleteAnchors">,
    CoverageClient,
    CounterfactualClient {
  classify(request: SureClassifyRequestBody, options?: CallOptions): Promise<SureClassifyAnswerBody>;
}

/** The methods of Anchorage that tools call. */
export interface ToolApi extends Pick<CoreClient, "about" | "listCollections"> {
  collection(name: string): ToolCollection;
}

/** What a tool answers: the API's answer, and a few lines that say the same in short. */
export interface ToolAnswer {
  readonly answer: object;
  readonly text: string;
}

/** A JSON Schema (2020-12) of an object, as MCP requires for the arguments of a tool. */
export interface ArgumentsSchema {
  readonly [keyword: string]: unknown;
  readonly type: "object";
}

/** A tool that a language model can call. */
export interface Tool {
  readonly name: string;
  /** For the model: what it answers and when to use it. */
  readonly description: string;
  readonly effect: "reads" | "adds" | "removes";
  readonly argumentsSchema: ArgumentsSchema;
  /** @throws AnchorageError `invalid-input` for arguments that the schema refuses, and what the API throws */
  readonly call: (api: ToolApi, given: unknown, options: CallOptions) => Promise<ToolAnswer>;
}

/** A tool whose arguments and answer have types. */
interface ToolDefinition<Schema extends z.ZodObject, Answer extends object> extends Pick<
  Tool,
  "name" | "description" | "effect"
> {
  readonly schema: Schema;
  readonly ask: (api: ToolApi, given: z.input<Schema>, options: CallOptions) => Promise<Answer>;
  /** The lines that say the answer in short. */
  readonly lines: (answer: Answer) => readonly string[];
}

/** Creates a tool from a schema of the API, which both describes the arguments and checks them. */
export const defineTool = <Schema extends z.ZodObject, Answer extends object>({
  schema,
  ask,
  lines,
  ...described
}: ToolDefinition<Schema, Answer>): Tool => ({
  ...described,
  argumentsSchema: argumentsSchemaOf(schema),
  call: async (api, given, options) => {
    parseWith(schema, given);
    // Passed on as sent: the schema decodes images, and the API decodes them again.
    const answer = await ask(api, given as z.input<Schema>, options);
    return { answer, text: lines(answer).join("\n") };
  },
});

/** The schema as the OpenAPI document has it, whose descriptions zod's own conversion would lose. */
const argumentsSchemaOf = (schema: z.ZodObject): ArgumentsSchema => {
  const app = new OpenAPIHono();
  app.openAPIRegistry.register("Arguments", schema);
  const { components } = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "", version: "" } });
  const { Arguments: own, ...definitions } = components?.schemas ?? {};
  const text = JSON.stringify({ ...own, $defs: definitions });
  return {
    ...(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")) as object),
    type: "object",
  };
};
