import { z } from "@hono/zod-openapi";
import { GENERATORS, SCORERS } from "./catalogue/index.ts";
import { readJson } from "../../http/body.ts";
import { answerJson, endpoint, jsonBody, jsonOf, problems, type Routes } from "../../http/endpoint.ts";
import { streamEvents } from "../../http/event-stream.ts";
import { consensusAnswer, consensusScoreAnswer, generatorList, scorerList } from "./api/answer.ts";
import { GENERATOR_SCHEMAS } from "./api/generators.ts";
import { consensusRequest, consensusScoreRequest } from "./api/request.ts";
import { SCORER_SCHEMAS } from "./api/scorers.ts";
import type { Consensus } from "./query/index.ts";

const tags = ["consensus"];

/** @param hosts where endpoints of others may be */
export const addConsensus = (
  { app, bodyLimit, log }: Routes,
  consensus: Consensus,
  hosts: readonly string[],
): void => {
  endpoint(
    app,
    {
      method: "post",
      path: "/v1/consensus",
      tags,
      operationId: "consensus",
      summary: "Let generators propose and scorers judge, in a closed loop, until they agree",
      description:
        "Each round generators propose, every scorer judges what is new, calibrated scores are combined, and the best are " +
        "what the next round starts from (Li et al., arXiv 2210.11522). Where the client goes the run ends.",
      request: jsonBody(consensusRequest),
      responses: {
        200: {
          ...jsonOf("The run; of a stream its last event, `result`.", consensusAnswer),
          content: {
            "application/json": { schema: consensusAnswer },
            "text/event-stream": {
              schema: z.string().openapi({
                description:
                  "`event: round` with a ConsensusRound each, then `event: result` or `event: problem`.",
              }),
            },
          },
        },
        ...problems(400, 404, 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { collection, stream = false, ...request } = await readJson(c, consensusRequest, bodyLimit);
      if (stream)
        return streamEvents(
          c,
          "round",
          (signal, onRound) => consensus.run(collection, request, { signal, onRound }),
          log,
        );
      return answerJson(c, await consensus.run(collection, request, { signal: c.req.raw.signal }));
    },
  );

  endpoint(
    app,
    {
      method: "post",
      path: "/v1/consensus/score",
      tags,
      operationId: "consensusScore",
      summary: "See what scorers say of some proposals, raw and calibrated",
      request: jsonBody(consensusScoreRequest),
      responses: {
        200: jsonOf("A row a scorer.", consensusScoreAnswer),
        ...problems(400, 404, 413, 415, 422, 503),
      },
    },
    async (c) => {
      const { collection, ...request } = await readJson(c, consensusScoreRequest, bodyLimit);
      return answerJson(c, await consensus.score(collection, request, { signal: c.req.raw.signal }));
    },
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/v1/scorers",
      tags,
      operationId: "listScorers",
      summary: "What proposals can be judged by",
      request: {},
      responses: { 200: jsonOf("By name, with its parameters.", scorerList), ...problems() },
    },
    (c) =>
      answerJson(c, {
        scorers: Object.entries(SCORERS).map(([name, capability]) => ({
          name,
          ...capability,
          parameters: parametersOf(SCORER_SCHEMAS, name),
        })),
        hosts,
      }),
  );

  endpoint(
    app,
    {
      method: "get",
      path: "/v1/generators",
      tags,
      operationId: "listGenerators",
      summary: "What proposals can be made by",
      request: {},
      responses: { 200: jsonOf("By name, with its parameters.", generatorList), ...problems() },
    },
    (c) =>
      answerJson(c, {
        generators: Object.entries(GENERATORS).map(([name, capability]) => ({
          name,
          ...capability,
          parameters: parametersOf(GENERATOR_SCHEMAS, name),
        })),
      }),
  );
};

const parametersOf = (schemas: Readonly<Record<string, z.ZodType>>, name: string): unknown => {
  const schema = schemas[name];
  if (schema === undefined) throw new RangeError(`no parameters are known of "${name}"`);
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
};
