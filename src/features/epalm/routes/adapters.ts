import { adapterSettingsOf, type Adapters } from "../service/index.ts";
import { adapterSize } from "../index.ts";
import type { AdapterRecord } from "../table.ts";
import { readFile, readJsonBody } from "../../../http/body.ts";
import {
  endpoint,
  jsonBody,
  jsonEndpoint,
  problems,
  readPath,
  readQuery,
  type Routes,
} from "../../../http/endpoint.ts";
import { answerFile } from "./file-answer.ts";
import { trainRequest } from "../api/adapter-training.ts";
import { adapterList, adapterPath, adapterBody, decoderList, registerQuery } from "../api/adapters.ts";
import { job } from "../../../api/service.ts";

const tags = ["adapters"];
const path = "/v1/adapters";
const FILE = "application/octet-stream";
const binary = { [FILE]: { schema: { type: "string" as const, format: "binary" as const } } };

export const addAdapters = ({ app, bodyLimit }: Routes, adapters: Adapters): void => {
  const { records, decoders } = adapters;

  jsonEndpoint(
    app,
    {
      method: "post",
      path: `${path}/train`,
      tags,
      scope: "write",
      operationId: "trainAdapter",
      summary: "Train an adapter on a collection's anchors, in the background; the decoder stays as it is",
      description:
        "Features are made first where they are not there. The job's `detail` tells the epoch and the losses (means over " +
        "tokens, in nats), at its end the adapter. It stops early where the loss of the anchors that are held out no " +
        "longer falls, and keeps what was best. The same anchors and seed give the same adapter. What it learnt of " +
        "anchors that are deleted later stays in its weights until it is removed; it goes with its collection. 409 while " +
        "one of the collection runs.",
      request: jsonBody(trainRequest),
      answer: { description: "The job.", schema: job, status: 202 },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const started = await adapters.startTraining(await readJsonBody(c, trainRequest, bodyLimit));
      c.header("Location", `/v1/jobs/${started.id}`);
      return started;
    },
  );

  jsonEndpoint(
    app,
    {
      method: "post",
      path,
      tags,
      operationId: "registerAdapter",
      summary: "Register an adapter: linear maps and a soft prompt that give a language model eyes",
      description:
        "The body is the file: one that this service wrote, a safetensors file of weights alone, or a checkpoint (.pth) " +
        "of eP-ALM's authors, of which what stands under `model` is read and nothing is run; with weights alone the " +
        "parameters say what they are for. A new version, unless the newest has the same content. 409 where encoders or " +
        "the decoder have other weights here; 422 names each tensor that does not fit them.",
      request: { query: registerQuery, body: { required: true, content: binary } },
      answer: {
        description: "There is one of this content already.",
        schema: adapterBody,
        others: { 201: "It is kept." },
      },
      problems: [400, 404, 409, 413, 415, 422, 503],
    },
    async (c) => {
      const { id, settings } = readQuery(c, registerQuery);
      const file = await readFile(c, bodyLimit);
      const { adapter, isNew } = await adapters.register(file, id, settings, c.req.raw.signal);
      c.header("Location", `${path}/${adapter.id}@${adapter.version}`);
      if (isNew) c.status(201);
      return describeAdapter(adapter);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path,
      tags,
      operationId: "listAdapters",
      summary: "List adapters, every version",
      answer: { description: "Newest first.", schema: adapterList },
      problems: [503],
    },
    async () => ({ adapters: (await records.list()).map(describeAdapter) }),
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: `${path}/{id}`,
      tags,
      operationId: "getAdapter",
      summary: "See an adapter, or take its file",
      request: { params: adapterPath },
      answer: {
        description: `What it is; with \`Accept: ${FILE}\` the safetensors file.`,
        schema: adapterBody,
        content: binary,
      },
      problems: [400, 404, 503],
    },
    async (c) => {
      const { id } = readPath(c, adapterPath);
      if (!(c.req.header("accept") ?? "").includes(FILE)) return describeAdapter(await records.find(id));
      const { record, content } = await records.content(id);
      return answerFile(c, `${record.id}-${record.version}.safetensors`, content);
    },
  );

  endpoint(
    app,
    {
      method: "delete",
      path: `${path}/{id}`,
      tags,
      operationId: "deleteAdapter",
      summary: "Remove an adapter, every version of it or the one that is named",
      request: { params: adapterPath },
      responses: { 204: { description: "It is gone." }, ...problems(400, 404, 503) },
    },
    async (c) => {
      await records.remove(readPath(c, adapterPath).id);
      return c.body(null, 204);
    },
  );

  jsonEndpoint(
    app,
    {
      method: "get",
      path: "/v1/decoders",
      tags,
      everywhere: true,
      operationId: "listDecoders",
      summary: "List the language models that are installed here",
      answer: { description: "By id.", schema: decoderList },
      problems: [],
    },
    async () => {
      const decoderOf = ({ id, sha256, ...rest }: Awaited<ReturnType<typeof decoders.list>>[number]) => {
        const config = "config" in rest ? rest.config : null;
        return {
          ...{ id, sha256, parameters: "parameters" in rest ? rest.parameters : null },
          layers: config?.layers ?? null,
          hidden: config?.hidden ?? null,
          wordWidth: config?.wordWidth ?? null,
          vocabulary: config?.vocabulary ?? null,
          positions: config?.positions ?? null,
          fault: "fault" in rest ? rest.fault : null,
        };
      };
      return { decoders: (await decoders.list()).map(decoderOf) };
    },
  );
};

const describeAdapter = (record: AdapterRecord) => {
  const settings = adapterSettingsOf(record);
  return { ...record, parameters: adapterSize(settings.shape), settings };
};
