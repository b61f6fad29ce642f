import type { JobBody } from "../../api/service.ts";
import { segment } from "../../client/paths.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type { SelectionListBody, SelectionStateBody } from "./api/selection-answer.ts";
import type { SelectionRequestBody } from "./api/selections.ts";
import type {
  RankCorrelationAnswerBody,
  RankCorrelationRequestBody,
  TransferabilityAnswerBody,
  TransferabilityRequestBody,
} from "./api/transferability.ts";

export type { SelectionBody, SelectionListBody, SelectionStateBody } from "./api/selection-answer.ts";
export type { SelectionRequestBody } from "./api/selections.ts";
export type {
  RankCorrelationAnswerBody,
  RankCorrelationRequestBody,
  TransferabilityAnswerBody,
  TransferabilityRequestBody,
} from "./api/transferability.ts";

export interface SelectionClient {
  /** Starts to rank image encoders for a collection or a dataset; the job's id is the selection's. */
  select(request: SelectionRequestBody, options?: CallOptions): Promise<JobBody>;
  /** The selection, or before it is done its job. */
  getSelection(id: string, options?: CallOptions): Promise<SelectionStateBody>;
  listSelections(options?: CallOptions): Promise<SelectionListBody["selections"]>;
  deleteSelection(id: string, options?: CallOptions): Promise<void>;
  /** How well features fit labels, by several scores: to compare models by, each asked for on its own. */
  transferability(
    request: TransferabilityRequestBody,
    options?: CallOptions,
  ): Promise<TransferabilityAnswerBody>;
  /** How similarly two lists rank the same items. */
  rankCorrelation(
    request: RankCorrelationRequestBody,
    options?: CallOptions,
  ): Promise<RankCorrelationAnswerBody>;
}

const SELECTIONS = "/v1/selections";

export const createSelectionClient = ({ json, post, query, send }: Transport): SelectionClient => ({
  select: (request, options) => post(SELECTIONS, request, options),
  getSelection: async (id, options) => json("GET", `${SELECTIONS}/${segment(id)}`, options),
  listSelections: async (options) => (await json<SelectionListBody>("GET", SELECTIONS, options)).selections,
  deleteSelection: async (id, options) => {
    await send("DELETE", `${SELECTIONS}/${segment(id)}`, options);
  },
  transferability: (request, options) => query("/v1/transferability", request, options),
  rankCorrelation: (request, options) => query("/v1/rank-correlation", request, options),
});
