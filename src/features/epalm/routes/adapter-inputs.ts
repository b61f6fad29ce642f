import { fileOf, type AdapterInputs, type Adapters } from "../service/index.ts";
import { readJsonBody } from "../../../http/body.ts";
import { jsonBody, jsonEndpoint, readPath, type Routes } from "../../../http/endpoint.ts";
import { answerFile, streamFile } from "./file-answer.ts";
import { answerJsonParts } from "./json-parts.ts";
import { adapterInputsAnswer, adapterInputsRequest, layerVectorsRequest } from "../api/adapter-inputs.ts";
import { collectionParams } from "../../../api/collections.ts";
import { job } from "../../../api/service.ts";

const tags = ["adapters"];
const path = "/v1/collections/{collection}";

export const addAdapterInputs = ({ app, bodyLimit, log }: Routes, adapters: Adapters): void => {
  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/features`,
      tags,
      scope: "write",
      operationId: "makeFeatures",
      summary: "Make the features of encoders' layers of all of a collection's images, in the background",
      description:
        "They are made of the stored images (thumbnails of at most 160 pixels a side) and kept beside the anchors' own " +
        "vectors, with which they are deleted and erased. Layers of one network cost one run of it. What is there " +
        "already stays: a job that was cancelled or interrupted goes on where it was when it is asked for again. Anchors " +
        "without an image are left out. 409 while one of the collection runs; 422 where its encoder declares no layers.",
      request: { params: collectionParams, ...jsonBody(layerVectorsRequest) },
      answer: { description: "The job.", schema: job, status: 202 },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const { layers } = await readJsonBody(c, layerVectorsRequest, bodyLimit);
      const started = await adapters.startLayerVectors(collection, layers);
      c.header("Location", `/v1/jobs/${started.id}`);
      return started;
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/adapter-inputs`,
      tags,
      scope: "read",
      operationId: "adapterInputs",
      summary: "Features of an encoder's layers, or an adapter's output for a language model",
      description:
        "Without an adapter each layer's features; with one the vectors that enter the language model's layers, which " +
        "these are, and its soft prompt (eP-ALM, arXiv 2303.11403). Features of anchors are stored ones, made and kept " +
        "first where they are not there yet. As `safetensors` one tensor a layer, named by its id, or `prefix` and " +
        "`prompt`; the header tells the rest. As `npy` one array `[inputs, vectors, width]`, which takes layers of one " +
        "width. With `all` every anchor that has an image, in id order, is sent as a file of a length that is " +
        "announced; 409 where features are not made yet; an anchor that is changed or deleted meanwhile cuts it off.",
      request: { params: collectionParams, ...jsonBody(adapterInputsRequest) },
      answer: {
        description: "One item for each input.",
        schema: adapterInputsAnswer,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { collection } = readPath(c, collectionParams);
      const { inputs, format = "json", ...request } = await readJsonBody(c, adapterInputsRequest, bodyLimit);
      const name = `${collection}.${format}`;
      if (inputs === undefined) {
        const kind = format === "npy" ? "npy" : "safetensors";
        return streamFile(c, name, await adapters.file(collection, request, kind), log);
      }
      const answer = await adapters.inputs(collection, { ...request, inputs }, c.req.raw.signal);
      if (format !== "json") return answerFile(c, name, fileOf(collection, answer, format));
      return answerJsonParts(c, adapterInputsAnswer, headOf(answer), "inputs", bodiesOf(answer));
    },
  );
};

const headOf = ({ sequence, layers, made }: AdapterInputs) => ({
  sequence,
  layers: layers.map(({ name, encoder: { id, dimension, sha256 } }) => ({ name, id, dimension, sha256 })),
  ...(made === undefined
    ? {}
    : {
        adapter: {
          ...made.adapter,
          decoder: made.settings.decoder,
          plan: made.plan,
          prompt: rowsOf(made.prompt, made.settings.shape.wordWidth),
        },
      }),
});

/** The answer for each input, made one at a time. */
function* bodiesOf({ inputs, layers, tokens, made, neighbours }: AdapterInputs) {
  for (const [row, { anchor }] of inputs.entries())
    yield {
      anchor,
      ...(tokens === undefined
        ? {}
        : {
            layers: layers.map(({ encoder: { dimension } }, layer) =>
              Array.from(tokens[layer]?.subarray(row * dimension, (row + 1) * dimension) ?? []),
            ),
          }),
      ...(made === undefined ? {} : { prefix: prefixOf(made, layers.length, row) }),
      ...(neighbours === undefined
        ? {}
        : {
            neighbours: (neighbours[row] ?? []).map(({ imageVector, textVector, ...rest }) => ({
              ...rest,
              imageVector: Array.from(imageVector),
              textVector: Array.from(textVector),
            })),
          }),
    };
}

const prefixOf = (
  { prefix, settings }: NonNullable<AdapterInputs["made"]>,
  vectors: number,
  row: number,
): number[][] => {
  const { hidden } = settings.shape;
  return rowsOf(prefix.subarray(row * vectors * hidden, (row + 1) * vectors * hidden), hidden);
};

const rowsOf = (data: Float32Array, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.subarray(i * width, (i + 1) * width)),
  );
