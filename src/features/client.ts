import { createCoreCollectionClient, type CoreCollectionClient } from "../client/collection.ts";
import { collectionPath } from "../client/paths.ts";
import { createCoreClient, type CoreClient } from "../client/service.ts";
import { createTransport, type CallOptions, type ClientOptions } from "../client/transport.ts";
import { createAdaptationsClient, type AdaptationsClient } from "./adaptations/client.ts";
import { createBackupClient, type BackupClient } from "./backup/client.ts";
import {
  createCalibrationClient,
  type CalibrationClient,
  type SureClassifyAnswerBody,
  type SureClassifyRequestBody,
} from "./calibration/client.ts";
import { createConsensusClient, type ConsensusClient } from "./consensus/client.ts";
import { createCounterfactualClient, type CounterfactualClient } from "./counterfactual/client.ts";
import { createCoverageClient, type CoverageClient } from "./coverage/client.ts";
import {
  createAdapterInputsClient,
  createAdaptersClient,
  type AdapterInputsClient,
  type AdaptersClient,
} from "./epalm/client.ts";
import {
  createErasingClient,
  createSigningClient,
  type ErasingClient,
  type SigningClient,
} from "./erasing/client.ts";
import { createEvaluationClient, type EvaluationClient } from "./evaluation/client.ts";
import { createForecastClient, type ForecastClient } from "./forecast/client.ts";
import { createHealthClient, type HealthClient } from "./health/client.ts";
import { createInfluenceClient, type InfluenceClient } from "./influence/client.ts";
import { createKeysClient, type KeysClient } from "./keys/client.ts";
import { createProjectionClient, type ProjectionClient } from "./projection/client.ts";
import { createReencodingClient, type ReencodingClient } from "./reencoding/client.ts";
import { createSelectionClient, type SelectionClient } from "./selection/client.ts";
import { createTuningClient, type TuningClient } from "./tuning/client.ts";

export * from "../client/index.ts";
export type * from "./adaptations/client.ts";
export type * from "./backup/client.ts";
export type * from "./calibration/client.ts";
export type * from "./consensus/client.ts";
export type * from "./counterfactual/client.ts";
export type * from "./coverage/client.ts";
export type * from "./epalm/client.ts";
export type * from "./erasing/client.ts";
export type * from "./evaluation/client.ts";
export type * from "./forecast/client.ts";
export type * from "./health/client.ts";
export type * from "./influence/client.ts";
export type * from "./keys/client.ts";
export * from "./projection/client.ts";
export type * from "./reencoding/client.ts";
export type * from "./selection/client.ts";
export type * from "./tuning/client.ts";

/** The client of one collection. No request is sent before a method is called. */
export interface CollectionClient
  extends
    CoreCollectionClient,
    AdaptationsClient,
    TuningClient,
    ReencodingClient,
    CalibrationClient,
    CoverageClient,
    ErasingClient,
    EvaluationClient,
    CounterfactualClient,
    ForecastClient,
    HealthClient,
    InfluenceClient,
    ProjectionClient,
    AdapterInputsClient {
  /** Classifies images without training. `probabilities`, `abstain` and `conformal` need a calibration. */
  classify(request: SureClassifyRequestBody, options?: CallOptions): Promise<SureClassifyAnswerBody>;
}

/**
 * The client of Anchorage, in this process (`openAnchorage`) or over HTTP (`createClient`): the same code works with
 * both.
 *
 * Every method throws an `AnchorageApiError` if Anchorage rejects the request, and an `AnchorageError` `unavailable`
 * if it does not answer.
 */
export interface AnchorageClient
  extends
    CoreClient,
    SelectionClient,
    SigningClient,
    AdaptersClient,
    ConsensusClient,
    KeysClient,
    BackupClient {
  /** @throws RangeError for a name that cannot be part of a URL */
  collection(name: string): CollectionClient;
}

/**
 * Creates a client of the service at `options.url`. It needs only fetch, so it also runs in browsers.
 *
 * @example
 * ```ts
 * const anchorage = createClient({ url: "http://localhost:8080" });
 * await anchorage.createCollection({
 *   name: "birds",
 *   imageEncoder: { external: { dimension: 2 } },
 *   textEncoder: { external: { dimension: 2 } },
 * });
 * const birds = anchorage.collection("birds");
 * await birds.putAnchors([
 *   { id: "owl", text: "an owl", imageVector: [1, 0], textVector: [1, 0] },
 *   { id: "hen", text: "a hen", imageVector: [0, 1], textVector: [0, 1] },
 * ]);
 * const { hits } = await birds.search({ query: { vector: [1, 0.1], modality: "text" }, target: "image" });
 * // [{ id: "owl", score: …, text: "an owl", metadata: {} }, …]
 * ```
 */
export const createClient = (options: ClientOptions): AnchorageClient => {
  const transport = createTransport(options);
  return {
    ...createCoreClient(transport),
    ...createSelectionClient(transport),
    ...createSigningClient(transport),
    ...createAdaptersClient(transport),
    ...createConsensusClient(transport),
    ...createKeysClient(transport),
    ...createBackupClient(transport),
    collection: (name) => {
      const path = collectionPath(name);
      return {
        ...createCoreCollectionClient(transport, path),
        ...createAdaptationsClient(transport, path),
        ...createTuningClient(transport, path),
        ...createReencodingClient(transport, path),
        ...createCalibrationClient(transport, path),
        ...createCoverageClient(transport, path),
        ...createErasingClient(transport, path),
        ...createEvaluationClient(transport, path),
        ...createCounterfactualClient(transport, path),
        ...createForecastClient(transport, path),
        ...createHealthClient(transport, path),
        ...createInfluenceClient(transport, path),
        ...createProjectionClient(transport, path),
        ...createAdapterInputsClient(transport, path),
      };
    },
  };
};
