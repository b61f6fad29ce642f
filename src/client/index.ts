/** The typed client of the core: fetch and types, nothing of the server. `features/client.ts` adds the features. */
export type * from "./collection.ts";
export { createCoreCollectionClient } from "./collection.ts";
export {
  AnchorageApiError,
  CancelledError,
  ClientClosedRequestError,
  ConflictError,
  ForbiddenError,
  InsufficientMemoryError,
  InternalError,
  InvalidInputError,
  MethodNotAllowedError,
  MisdirectedError,
  NotFoundError,
  TooLargeError,
  TooManyRequestsError,
  UnauthorizedError,
  UnavailableError,
  UnprocessableError,
  UnsupportedMediaTypeError,
} from "./errors.ts";
export { streamEvents } from "./events.ts";
export { imageOf } from "./image.ts";
export { collectionPath, segment } from "./paths.ts";
export { createCoreClient, type CollectionsClient, type CoreClient } from "./service.ts";
export { MAX_BATCH_BYTES, sendBatch } from "./send-batch.ts";
export { createTransport, type CallOptions, type ClientOptions, type Transport } from "./transport.ts";
export type { WaitOptions } from "./wait-for-job.ts";
export { AnchorageError } from "../errors.ts";
export type {
  AnchorBody,
  AnchorChangeBody,
  AnchorPageBody,
  DeleteAnchorsBody,
  DeletedBody,
  StoredAnchorBody,
  WrittenBody,
  WrittenLinesBody,
} from "../api/anchors.ts";
export type { CollectionBody, CollectionChangeBody, CollectionSpecBody } from "../api/collections.ts";
export type { FacetsAnswerBody, FacetsRequestBody } from "../api/facets.ts";
export type { FilterBody } from "../api/filter.ts";
export type { AdoptedIndexesBody } from "../api/indexes.ts";
export type { InputBody } from "../api/inputs.ts";
export type { Problem, ProblemCode } from "../api/problem.ts";
export type {
  ClassifyAnswerBody,
  ClassifyRequestBody,
  RelativeAnswerBody,
  RelativeRequestBody,
  SearchAnswerBody,
  SearchManyAnswerBody,
  SearchManyRequestBody,
  SearchRequestBody,
  SimilarityAnswerBody,
  SimilarityRequestBody,
} from "../api/queries.ts";
export type { CompactedBody, ReceiptBody, ReceiptPageBody } from "../api/receipts.ts";
export type { EncoderListBody, JobBody, JobListBody, ReadinessBody } from "../api/service.ts";
