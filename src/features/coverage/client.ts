import type { CallOptions, Transport } from "../../client/transport.ts";
import type { CoverageAnswerBody, CoverageRequestBody } from "./api.ts";

export type { CoverageAnswerBody, CoverageRequestBody } from "./api.ts";

export interface CoverageClient {
  /** How well the anchors support each class, and which pairs to add. */
  coverage(request: CoverageRequestBody, options?: CallOptions): Promise<CoverageAnswerBody>;
}

export const createCoverageClient = ({ query }: Transport, path: string): CoverageClient => ({
  coverage: (request, options) => query(`${path}/coverage`, request, options),
});
