import { METHODS, type Method } from "../api/methods.ts";
import { METHOD_TRAITS, type MethodSettings } from "../asif/index.ts";
import { entryOf, invalidField } from "../errors.ts";
import type { CollectionRecord } from "../store/index.ts";
import type { ClassifyRequest, MethodRequest } from "./types.ts";

const EXPLAINABLE = METHODS.filter((method) => METHOD_TRAITS[method].explainable);
const CANONICAL = METHODS.filter((method) => METHOD_TRAITS[method].canonical);

/**
 * How a request is to be answered: as it says, else as the collection does.
 *
 * @throws AnchorageError `invalid-input` where it asks for what its method has not
 */
export const methodOf = (
  record: Pick<CollectionRecord, "method" | "rank">,
  request: MethodRequest & Pick<ClassifyRequest, "explain">,
): MethodSettings & { readonly method: Method } => {
  const { method = record.method, rank, members, explain = 0 } = request;
  const { explainable, canonical } = entryOf(METHOD_TRAITS, method, "method");
  if (explain !== 0 && !explainable)
    throw invalidField(
      "explain",
      `scores by "${method}" are no sums over anchors; ask by ${listed(EXPLAINABLE)} for what anchors contribute`,
    );
  if (rank !== undefined && !canonical)
    throw invalidField("rank", `"${method}" has no canonical directions; ${listed(CANONICAL)} have`);
  if (members !== undefined && method !== "consensus")
    throw invalidField("members", `are of a "consensus"; the method is "${method}"`);
  const directions = rank ?? record.rank;
  return {
    method,
    ...(directions === null ? {} : { rank: directions }),
    ...(members === undefined ? {} : { members }),
  };
};

const listed = (methods: readonly Method[]): string => methods.map((method) => `"${method}"`).join(" or ");
