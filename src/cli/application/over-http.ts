import type { Input } from "../../api/inputs.ts";
import type { ClassInput, ClassifyAnswer } from "../../api/queries.ts";
import type { Anchor, StoredAnchor } from "../../api/anchors.ts";
import type { CollectionInfo, EncoderChoice } from "../../api/collections.ts";
import {
  AnchorageApiError,
  createClient,
  imageOf,
  type AnchorageClient,
  type AnchorBody,
  type CollectionBody,
  type InputBody,
  type SelectionRequestBody,
  type TuneRequestBody,
} from "../../features/client.ts";
import { AnchorageError, messageOf, type ErrorCode } from "../../errors.ts";
import type { DoneSelection } from "../../features/selection/index.ts";
import type { Tuning } from "../../features/tuning/index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../types.ts";
import { ANCHORS_A_PAGE } from "./page.ts";
import { SELECTING, type Application } from "./types.ts";
import { watchJob } from "./watch-job.ts";

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "invalid-input",
  401: "unauthorized",
  403: "unauthorized",
  404: "not-found",
  409: "conflict",
  413: "too-large",
  415: "unsupported-media-type",
  422: "unprocessable",
};

/** The collections of the service at `url`. Its problems come back as the errors that they were. */
export const overHttp = (url: string, apiKey: string | null): Application => {
  const client: AnchorageClient = createClient({ url, ...(apiKey === null ? {} : { apiKey }) });
  const knownIds = new Map<CollectionName, Promise<Set<AnchorId>>>();

  const asked = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw domainError(error, url);
    }
  };

  const readIds = async (name: CollectionName): Promise<Set<AnchorId>> => {
    const ids = new Set<AnchorId>();
    for await (const { id } of client.collection(name).listAnchors({ pageSize: ANCHORS_A_PAGE }))
      ids.add(id as AnchorId);
    return ids;
  };

  const seen = { look: (id: string) => client.getJob(id), cancel: (id: string) => client.cancelJob(id) };

  return {
    where: url,
    get: (name) => asked(async () => collectionOf(await client.collection(name).get())),
    create: (spec) => asked(async () => collectionOf(await client.createCollection(spec))),

    // The service has no question for it: every id is read once, which takes a request for each thousand, and what is
    // put from here is added.
    existingIds: (name, ids) =>
      asked(async () => {
        const known = knownIds.get(name) ?? readIds(name);
        knownIds.set(name, known);
        const existing = await known;
        return new Set(ids.filter((id) => existing.has(id)));
      }),

    putAnchors: (name, anchors) =>
      asked(async () => {
        const { sequence, upserted } = await client.collection(name).putAnchors(anchors.map(anchorBody));
        const known = await knownIds.get(name);
        for (const { id } of anchors) known?.add(id);
        return { sequence: sequence as Sequence, upserted };
      }),

    encoderHashes: ({ imageEncoder, textEncoder }) =>
      asked(async () => {
        const encoders = await client.listEncoders();
        const hashOf = (choice: EncoderChoice): string =>
          encoders.find(({ id }) => id === choice)?.sha256 ?? "";
        return { image: hashOf(imageEncoder), text: hashOf(textEncoder) };
      }),

    anchorsWithVectors: async function* (name) {
      try {
        yield* client
          .collection(name)
          .listAnchors({ vectors: true, pageSize: ANCHORS_A_PAGE }) as AsyncGenerator<StoredAnchor, void>;
      } catch (error) {
        throw domainError(error, url);
      }
    },

    classify: (name, request) =>
      asked(async () => {
        const { images, classes, ...settings } = request;
        const body = { ...settings, images: images.map(inputBody), classes: classes.map(classBody) };
        const answer = await client.collection(name).classify(body);
        // The same words; only the brands of ids and sequences are lost over the wire.
        return answer as unknown as ClassifyAnswer;
      }),

    tune: (name, request, options) =>
      asked(() => {
        const collection = client.collection(name);
        return watchJob(
          {
            ...seen,
            start: () => collection.tune(request as unknown as TuneRequestBody),
            found: async () => {
              const found = await collection.getTuning();
              return { ...found, tunedAt: new Date(found.tunedAt) } as unknown as Tuning;
            },
          },
          { name: "tuning", stopped: "nothing is changed" },
          options,
        );
      }),

    select: (name, { settings, ...request }, options) =>
      asked(() =>
        watchJob(
          {
            ...seen,
            start: () =>
              client.select({ collection: name, ...request, ...settings } as unknown as SelectionRequestBody),
            found: async (id) => {
              const found = await client.getSelection(id);
              return { ...found, createdAt: new Date(found.createdAt) } as unknown as DoneSelection;
            },
          },
          SELECTING,
          options,
        ),
      ),

    close: () => Promise.resolve(),
  };
};

const collectionOf = (body: CollectionBody): CollectionInfo =>
  ({ ...body, createdAt: new Date(body.createdAt) }) as unknown as CollectionInfo;

const anchorBody = ({ image, ...anchor }: Anchor): AnchorBody => ({
  ...anchor,
  ...(image === undefined ? {} : { image: imageOf(image) }),
});

const inputBody = (input: Input): InputBody => ("image" in input ? { image: imageOf(input.image) } : input);

const classBody = ({ name, prompts }: ClassInput) => ({
  name,
  ...(prompts === undefined ? {} : { prompts: prompts.map(inputBody) }),
});

const domainError = (error: unknown, url: string): AnchorageError => {
  if (error instanceof AnchorageError) return error;
  if (error instanceof AnchorageApiError) {
    if (error.status === 401) {
      const message = `${url} wants a key: set API_KEY to the one that the service was started with`;
      return new AnchorageError("unauthorized", message, { cause: error });
    }
    const { detail, errors = [] } = error.problem;
    return new AnchorageError(CODES[error.status] ?? "unavailable", detail, { faults: errors, cause: error });
  }
  const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new AnchorageError("unavailable", `${url} does not answer: ${messageOf(reason)}`, { cause: error });
};
