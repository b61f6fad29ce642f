import type { MethodRequest } from "../api/methods.ts";
import type { ClassifyRequest } from "../api/queries.ts";
import { isPlugged, METHODS, type Method, type PluggedMethod } from "../api/methods.ts";
import {
  METHOD_TRAITS,
  traitsOf,
  type MethodPlug,
  type MethodPlugs,
  type MethodSettings,
} from "../asif/index.ts";
import { invalidField } from "../errors.ts";
import type { Queried } from "./question.ts";

const EXPLAINABLE = METHODS.filter((method) => METHOD_TRAITS[method].explainable);
const CANONICAL = METHODS.filter((method) => METHOD_TRAITS[method].canonical);

/**
 * How a request is to be answered: as it says, else as the collection does.
 *
 * @throws AnchorageError `invalid-input` where it asks for what its method has not
 */
export const resolveMethod = (
  { record, plugs }: Pick<Queried, "record" | "plugs">,
  request: MethodRequest & Pick<ClassifyRequest, "explain">,
): MethodSettings & { readonly method: Method } => {
  const { method = record.method, rank, members, explain = 0 } = request;
  const { explainable, canonical } = traitsOf(method);
  if (explain !== 0 && !explainable)
    throw invalidField(
      ["explain"],
      `scores by "${method}" are no sums over anchors; ask by ${listed(EXPLAINABLE)} for what anchors contribute`,
    );
  if (rank !== undefined && !canonical)
    throw invalidField(["rank"], `"${method}" has no canonical directions; ${listed(CANONICAL)} have`);
  if (members !== undefined && method !== "consensus")
    throw invalidField(["members"], `are of a "consensus"; the method is "${method}"`);
  const plug = isPlugged(method) ? plugOf(plugs, method) : undefined;
  const directions = rank ?? record.rank;
  return {
    method,
    ...(directions === null ? {} : { rank: directions }),
    ...(members === undefined ? {} : { members }),
    ...(plug === undefined ? {} : { plug }),
  };
};

/** @throws AnchorageError `invalid-input` that names the methods that are plugged in */
export const plugOf = (plugs: MethodPlugs, method: PluggedMethod): MethodPlug => {
  const plug = plugs.get(method);
  if (plug !== undefined) return plug;
  const known = plugs.size === 0 ? "none is plugged in here" : `there are ${listed([...plugs.keys()])}`;
  throw invalidField(["method"], `there is no "${method}": ${known}`);
};

/** @throws AnchorageError `invalid-input` where a collection would be answered by a method that is not plugged in */
export const requireMethod = (plugs: MethodPlugs, method: Method | undefined): void => {
  if (method !== undefined && isPlugged(method)) plugOf(plugs, method);
};

const listed = (methods: readonly Method[]): string => methods.map((method) => `"${method}"`).join(" or ");
