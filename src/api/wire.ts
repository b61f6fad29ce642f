/** Every type of what goes over the wire, for the client. */
export type { CalibrateRequestBody, CalibrationBody } from "../features/calibration/api.ts";
export type {
  ConsensusAnswerBody,
  ConsensusRoundBody,
  ConsensusScoreAnswerBody,
  GeneratorListBody,
  ScorerListBody,
} from "../features/consensus/api/answer.ts";
export type { ConsensusRequestBody, ConsensusScoreRequestBody } from "../features/consensus/api/request.ts";
export type { CounterfactualAnswerBody, CounterfactualRequestBody } from "../features/counterfactual/api.ts";
export type { CoverageAnswerBody, CoverageRequestBody } from "../features/coverage/api.ts";
export type {
  AdapterInputsBody,
  AdapterInputsRequestBody,
  FeaturesRequestBody,
} from "../features/epalm/api/adapter-inputs.ts";
export type { TrainAdapterBody } from "../features/epalm/api/adapter-training.ts";
export type {
  AdapterBody,
  AdapterListBody,
  DecoderListBody,
  RegisterParameters,
} from "../features/epalm/api/adapters.ts";
export type {
  GenerateAnswerBody,
  GenerateRequestBody,
  GeneratedTokenBody,
} from "../features/epalm/api/generate.ts";
export type { InfluenceAnswerBody, InfluenceRequestBody } from "../features/influence/api.ts";
export type { ReencodeRequestBody, ReencodingBody } from "../features/reencoding/api.ts";
export type {
  SelectionBody,
  SelectionListBody,
  SelectionStateBody,
} from "../features/selection/api/selection-answer.ts";
export type { SelectionRequestBody } from "../features/selection/api/selections.ts";
export type {
  RankCorrelationAnswerBody,
  RankCorrelationRequestBody,
  TransferabilityAnswerBody,
  TransferabilityRequestBody,
} from "../features/selection/api/transferability.ts";
export type { TuneRequestBody, TuningBody } from "../features/tuning/api.ts";
export type {
  AnchorBody,
  AnchorPageBody,
  DeleteAnchorsBody,
  DeletedBody,
  StoredAnchorBody,
  WrittenBody,
  WrittenLinesBody,
} from "./anchors.ts";
export type { CollectionBody, CollectionChangeBody, CollectionSpecBody } from "./collections.ts";
export type { FilterBody } from "./filter.ts";
export type { InputBody } from "./inputs.ts";
export type {
  ClassifyAnswerBody,
  ClassifyRequestBody,
  RelativeAnswerBody,
  RelativeRequestBody,
  SearchAnswerBody,
  SearchRequestBody,
  SimilarityAnswerBody,
  SimilarityRequestBody,
} from "./queries.ts";
export type { CompactedBody, ReceiptBody, ReceiptPageBody } from "./receipts.ts";
export type { EncoderListBody, JobBody, JobListBody, ReadinessBody } from "./service.ts";
