import type { JobBody } from "../../api/service.ts";
import { streamEvents } from "../../client/events.ts";
import { segment } from "../../client/paths.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type {
  AdapterInputsBody,
  AdapterInputsRequestBody,
  LayerVectorsRequestBody,
} from "./api/adapter-inputs.ts";
import type { TrainAdapterBody } from "./api/adapter-training.ts";
import type { AdapterBody, AdapterListBody, DecoderListBody, RegisterParameters } from "./api/adapters.ts";
import type { GenerateAnswerBody, GeneratedTokenBody, GenerateRequestBody } from "./api/generate.ts";

export type {
  AdapterInputsBody,
  AdapterInputsRequestBody,
  LayerVectorsRequestBody,
} from "./api/adapter-inputs.ts";
export type { TrainAdapterBody } from "./api/adapter-training.ts";
export type { AdapterBody, AdapterListBody, DecoderListBody, RegisterParameters } from "./api/adapters.ts";
export type { GenerateAnswerBody, GeneratedTokenBody, GenerateRequestBody } from "./api/generate.ts";

export type GenerateEvent =
  | { readonly event: "token"; readonly token: GeneratedTokenBody }
  | { readonly event: "result"; readonly result: GenerateAnswerBody };

/** Adapters, and language models that see images by them. */
export interface AdaptersClient {
  /** Stores an adapter from a file: one of this service, or weights alone with parameters that describe them. */
  registerAdapter(
    file: Uint8Array<ArrayBuffer>,
    parameters?: RegisterParameters,
    options?: CallOptions,
  ): Promise<AdapterBody>;
  /** Starts to train an adapter; the job's detail has the loss, and at its end the adapter's id. */
  trainAdapter(request: TrainAdapterBody, options?: CallOptions): Promise<JobBody>;
  listAdapters(options?: CallOptions): Promise<AdapterListBody["adapters"]>;
  /** @param id an adapter's id, or `id@version` */
  getAdapter(id: string, options?: CallOptions): Promise<AdapterBody>;
  /** The safetensors file. */
  getAdapterFile(id: string, options?: CallOptions): Promise<Blob>;
  deleteAdapter(id: string, options?: CallOptions): Promise<void>;
  listDecoders(options?: CallOptions): Promise<DecoderListBody["decoders"]>;
  /** Has a language model answer a question about an image, or caption it. */
  generate(request: Omit<GenerateRequestBody, "stream">, options?: CallOptions): Promise<GenerateAnswerBody>;
  /** Generates the same and yields each token when it is made, then the whole. Leaving the iteration ends the work. */
  generateStream(
    request: Omit<GenerateRequestBody, "stream">,
    options?: CallOptions,
  ): AsyncGenerator<GenerateEvent, void>;
}

/** Outputs of encoders' layers for a collection's images, and an adapter's output for them. */
export interface AdapterInputsClient {
  /** Starts to compute the features of encoders' layers for all images. */
  makeFeatures(request?: LayerVectorsRequestBody, options?: CallOptions): Promise<JobBody>;
  /** Features of layers, or an adapter's output for them. */
  adapterInputs(
    request: Omit<AdapterInputsRequestBody, "format" | "all">,
    options?: CallOptions,
  ): Promise<AdapterInputsBody>;
  /** The same as a file, also for all anchors; its body can be read as it comes. */
  adapterInputsFile(
    request: AdapterInputsRequestBody & { readonly format: "npy" | "safetensors" },
    options?: CallOptions,
  ): Promise<Response>;
}

const ADAPTERS = "/v1/adapters";
const FILE = "application/octet-stream";
const FILE_OR_PROBLEM = `${FILE}, application/problem+json`;

export const createAdaptersClient = (transport: Transport): AdaptersClient => {
  const { json, post, query, send } = transport;
  const pathOf = (id: string): string => `${ADAPTERS}/${segment(id)}`;
  return {
    registerAdapter: (file, parameters = {}, options = {}) =>
      json("POST", ADAPTERS, { ...options, query: parameters, body: file, contentType: FILE }),
    trainAdapter: (request, options) => post(`${ADAPTERS}/train`, request, options),
    listAdapters: async (options) => (await json<AdapterListBody>("GET", ADAPTERS, options)).adapters,
    getAdapter: async (id, options) => json("GET", pathOf(id), options),
    getAdapterFile: async (id, options) =>
      (await send("GET", pathOf(id), { ...options, accept: FILE_OR_PROBLEM })).blob(),
    deleteAdapter: async (id, options) => {
      await send("DELETE", pathOf(id), options);
    },
    listDecoders: async (options) => (await json<DecoderListBody>("GET", "/v1/decoders", options)).decoders,
    generate: (request, options) => query("/v1/generate", request, options),
    generateStream: async function* (request, options) {
      for await (const { event, value } of streamEvents(transport, "/v1/generate", request, options)) {
        if (event === "token") yield { event, token: value as GeneratedTokenBody };
        if (event === "result") yield { event, result: value as GenerateAnswerBody };
      }
    },
  };
};

/** @param path of the collection */
export const createAdapterInputsClient = (
  { post, query, send }: Transport,
  path: string,
): AdapterInputsClient => ({
  makeFeatures: (request = {}, options) => post(`${path}/features`, request, options),
  adapterInputs: (request, options) => query(`${path}/adapter-inputs`, request, options),
  adapterInputsFile: (request, options) =>
    send("POST", `${path}/adapter-inputs`, {
      ...options,
      body: JSON.stringify(request),
      accept: FILE_OR_PROBLEM,
    }),
});
