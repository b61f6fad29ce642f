import type {
  AdapterBody,
  AdapterListBody,
  DecoderListBody,
  GenerateAnswerBody,
  GeneratedTokenBody,
  GenerateRequestBody,
  JobBody,
  RegisterParameters,
  TrainAdapterBody,
} from "../../http/index.ts";
import { streamEvents } from "../../client/events.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";

export type GenerateEvent =
  | { readonly event: "token"; readonly token: GeneratedTokenBody }
  | { readonly event: "result"; readonly result: GenerateAnswerBody };

/** Adapters, and language models that see by them. */
export interface AdaptersClient {
  /** Keeps an adapter out of a file: of this service, or weights alone with what they are for. */
  registerAdapter(
    file: Uint8Array<ArrayBuffer>,
    parameters?: RegisterParameters,
    options?: CallOptions,
  ): Promise<AdapterBody>;
  /** Starts training one; the job tells the loss, and at its end which adapter it is. */
  trainAdapter(request: TrainAdapterBody, options?: CallOptions): Promise<JobBody>;
  listAdapters(options?: CallOptions): Promise<AdapterListBody["adapters"]>;
  /** By its id, or `id@version`. */
  getAdapter(id: string, options?: CallOptions): Promise<AdapterBody>;
  /** The safetensors file. */
  getAdapterFile(id: string, options?: CallOptions): Promise<Blob>;
  deleteAdapter(id: string, options?: CallOptions): Promise<void>;
  listDecoders(options?: CallOptions): Promise<DecoderListBody["decoders"]>;
  /** Has a language model answer a question about an image, or caption it. */
  generate(request: Omit<GenerateRequestBody, "stream">, options?: CallOptions): Promise<GenerateAnswerBody>;
  /** The same, each token as soon as it is made, and the whole last. Leaving the iteration ends the work. */
  generateStream(
    request: Omit<GenerateRequestBody, "stream">,
    options?: CallOptions,
  ): AsyncGenerator<GenerateEvent, void>;
}

const ADAPTERS = "/v1/adapters";
const FILE = "application/octet-stream";

export const createAdaptersClient = (transport: Transport): AdaptersClient => {
  const { json, post, send } = transport;
  const pathOf = (id: string): string => `${ADAPTERS}/${encodeURIComponent(id)}`;
  return {
    registerAdapter: async (file, parameters = {}, options = {}) =>
      json("POST", ADAPTERS, { ...options, query: parameters, body: file, contentType: FILE }),
    trainAdapter: (request, options) => post(`${ADAPTERS}/train`, request, options),
    listAdapters: async (options) => (await json<AdapterListBody>("GET", ADAPTERS, options)).adapters,
    getAdapter: async (id, options) => json("GET", pathOf(id), options),
    getAdapterFile: async (id, options) =>
      (await send("GET", pathOf(id), { ...options, accept: `${FILE}, application/problem+json` })).blob(),
    deleteAdapter: async (id, options) => {
      await send("DELETE", pathOf(id), options);
    },
    listDecoders: async (options) => (await json<DecoderListBody>("GET", "/v1/decoders", options)).decoders,
    generate: (request, options) => post("/v1/generate", request, options),
    generateStream: (request, options) => streamGenerate(transport, request, options),
  };
};

async function* streamGenerate(
  transport: Transport,
  request: Omit<GenerateRequestBody, "stream">,
  options?: CallOptions,
): AsyncGenerator<GenerateEvent, void> {
  for await (const { event, value } of streamEvents(transport, "/v1/generate", request, options)) {
    if (event === "token") yield { event, token: value as GeneratedTokenBody };
    if (event === "result") yield { event, result: value as GenerateAnswerBody };
  }
}
