import type { z } from "@hono/zod-openapi";
import {
  createTransferability,
  kendallTau,
  pearson,
  spearman,
  topOneRegret,
  weightedTau,
  type Numbers,
  type ScoreInput,
} from "../emms/index.ts";
import { type AnchorageError, faultyFields, isAnchorageError } from "../../../errors.ts";
import { readJsonBody } from "../../../http/body.ts";
import { createTurns } from "../../../math/slices.ts";
import { jsonBody, jsonEndpoint, type Routes } from "../../../http/endpoint.ts";
import {
  rankCorrelationAnswer,
  rankCorrelationRequest,
  transferabilityAnswer,
  transferabilityRequest,
} from "../api/transferability.ts";

const tags = ["transferability"];
/** A request that would take longer is refused: it keeps others of its kind waiting. */
const WITHIN_MS = 120_000;
/** The least normal number of float32; what is smaller counts as 0. */
const LEAST_SIZE = 2 ** -126;

export const addTransferability = ({ app, bodyLimit }: Routes): void => {
  const transferability = createTransferability({ withinMs: WITHIN_MS });

  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/transferability",
      tags,
      scope: "read",
      everywhere: true,
      operationId: "transferability",
      summary: "Score how well a model's features fit labels, without fine-tuning it",
      description:
        "Stateless: everything is in the request. Ask the same for each model and take the one of the highest score. 422 " +
        "names a method's input that is missing, or that its score is not defined for (one class, say); then none is " +
        "answered. Requests are scored one at a time, on a thread of their own, each within " +
        `${WITHIN_MS / 1000} s (422 where that is not enough); 503 where several wait already. Closing the connection ends ` +
        "the work.",
      request: jsonBody(transferabilityRequest),
      answer: { description: "Every score that was asked for.", schema: transferabilityAnswer },
      problems: [400, 413, 415, 422, 503],
    },
    async (c) => {
      const request = await readJsonBody(c, transferabilityRequest, bodyLimit);
      const { rounds, options = {} } = request;
      const all = rounds === undefined ? options : { ...options, emms: { rounds } };
      const scores = await transferability(
        inputOf(request),
        [...new Set(request.methods)],
        all,
        c.req.raw.signal,
      ).catch((error: unknown) => {
        throw isAnchorageError(error) ? inWordsOfRequest(error) : error;
      });
      return { scores: Object.fromEntries(scores) };
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: "/v1/rank-correlation",
      tags,
      scope: "read",
      everywhere: true,
      operationId: "rankCorrelation",
      summary: "Measure how far two lists rank the same items alike",
      request: jsonBody(rankCorrelationRequest),
      answer: { description: "Every statistic.", schema: rankCorrelationAnswer },
      problems: [400, 413, 415],
    },
    async (c) => {
      const { x, y } = await readJsonBody(c, rankCorrelationRequest, bodyLimit);
      const regret = topOneRegret(x, y);
      // Each takes some 20 ms for the longest lists.
      const turn = createTurns(c.req.raw.signal);
      const weighted = weightedTau(x, y);
      await turn();
      const kendall = kendallTau(x, y);
      await turn();
      const ranks = spearman(x, y);
      await turn();
      return {
        weightedTau: weighted,
        kendallTau: kendall,
        spearman: ranks,
        pearson: pearson(x, y),
        topOneRegret: Number.isFinite(regret) ? regret : null,
      };
    },
  );
};

const inputOf = ({
  features: embeddings,
  labels,
  fLabels,
  sourceProbabilities,
}: z.output<typeof transferabilityRequest>): ScoreInput => {
  const { data, rows: n, columns: d } = numbersOf(embeddings);
  return {
    embeddings: { data, n, d },
    ...(labels === undefined ? {} : { classes: denseOf(labels) }),
    ...(fLabels === undefined ? {} : { fLabels: fLabels.map(numbersOf) }),
    ...(sourceProbabilities === undefined ? {} : { sourceProbabilities: numbersOf(sourceProbabilities) }),
  };
};

const numbersOf = (rows: readonly (readonly number[])[]): Numbers => {
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => data.set(row, i * columns));
  // Float32's range at its other end, too: of what is smaller, products of squares would be lost.
  for (let at = 0; at < data.length; at++) if (Math.abs(data[at] ?? 0) < LEAST_SIZE) data[at] = 0;
  return { data, rows: rows.length, columns };
};

/** 0 .. C - 1 in the order of the labels. */
const denseOf = (labels: readonly number[]): Int32Array => {
  const known = new Map([...new Set(labels)].sort((a, b) => a - b).map((label, id) => [label, id]));
  return Int32Array.from(labels, (label) => known.get(label) ?? 0);
};

/** A request's `labels` are the domain's classes. */
const inWordsOfRequest = (error: AnchorageError): AnchorageError =>
  error.faults.length === 0
    ? error
    : faultyFields(
        error.faults.map(({ path: [first = "", ...rest], message }) => ({
          path: [first === "classes" ? "labels" : first, ...rest],
          message,
        })),
        { code: error.code, cause: error },
      );
