import { z } from "@hono/zod-openapi";
import { requestsOf, type Catalogue } from "./catalogue/index.ts";
import type { Capability } from "./plug.ts";
import { requireCollection } from "../../http/access.ts";
import { readJsonBody } from "../../http/body.ts";
import { jsonBody, jsonEndpoint, type Routes } from "../../http/endpoint.ts";
import { sendEvents } from "../../http/event-stream.ts";
import { consensusAnswer, consensusScoreAnswer, generatorList, scorerList } from "./api/answer.ts";
import type { Consensus } from "./query/index.ts";

const tags = ["consensus"];

/** @param hosts where endpoints of others may be */
export const addConsensus = (
  { app, bodyLimit, log }: Routes,
  consensus: Consensus,
  catalogue: Catalogue,
  hosts: readonly string[],
): void => {
  const requests = requestsOf(catalogue);

  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/consensus",
      tags,
      scope: "read",
      everywhere: true,
      operationId: "consensus",
      summary: "Let generators propose and scorers judge, in a closed loop, until they agree",
      description:
        "Each round generators propose, every scorer judges what is new, calibrated scores are combined, and the best are " +
        "what the next round starts from (Li et al., arXiv 2210.11522). Where the client goes the run ends.",
      request: jsonBody(requests.run),
      answer: {
        description: "The run; of a stream its last event, `result`.",
        schema: consensusAnswer,
        content: {
          "text/event-stream": {
            schema: z.string().openapi({
              description:
                "`event: round` with a ConsensusRound each, then `event: result` or `event: problem`.",
            }),
          },
        },
      },
      problems: [400, 404, 413, 415, 422, 503],
    },
    async (c) => {
      const { stream = false, ...request } = await readJsonBody(c, requests.run, bodyLimit);
      requireCollection(c.get("caller"), request.collection);
      if (stream)
        return sendEvents(c, "round", (signal, onRound) => consensus.run(request, { signal, onRound }), log);
      return consensus.run(request, { signal: c.req.raw.signal });
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/consensus/score",
      tags,
      scope: "read",
      everywhere: true,
      operationId: "consensusScore",
      summary: "See what scorers say of some proposals, raw and calibrated",
      request: jsonBody(requests.score),
      answer: { description: "A row a scorer.", schema: consensusScoreAnswer },
      problems: [400, 404, 413, 415, 422, 503],
    },
    async (c) => {
      const request = await readJsonBody(c, requests.score, bodyLimit);
      requireCollection(c.get("caller"), request.collection);
      return consensus.score(request, { signal: c.req.raw.signal });
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/scorers",
      tags,
      everywhere: true,
      operationId: "listScorers",
      summary: "What proposals can be judged by",
      request: {},
      answer: { description: "By name, with its parameters.", schema: scorerList },
      problems: [],
    },
    () => ({
      scorers: Array.from(catalogue.scorers, ([name, entry]) => ({
        name,
        ...shownCapability(entry),
        embeds: entry.embeds,
        background: entry.background,
        parameters: parametersOf(entry.schema),
      })),
      hosts,
    }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/generators",
      tags,
      everywhere: true,
      operationId: "listGenerators",
      summary: "What proposals can be made by",
      request: {},
      answer: { description: "By name, with its parameters.", schema: generatorList },
      problems: [],
    },
    () => ({
      generators: Array.from(catalogue.generators, ([name, entry]) => ({
        name,
        ...shownCapability(entry),
        parameters: parametersOf(entry.schema),
      })),
    }),
  );
};

const shownCapability = ({ description, kinds, needs, cost }: Capability): Capability => ({
  description,
  kinds,
  needs,
  cost,
});

const parametersOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
