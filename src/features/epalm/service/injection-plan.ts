import { scheduleOf, type AdapterSettings } from "../index.ts";
import type { InjectionPlan } from "./types.ts";

/**
 * Where an adapter's tokens enter a decoder, for a caller that runs a decoder of its own.
 *
 * @throws RangeError for a soft prompt alone
 */
export const injectionPlanOf = ({ vision }: AdapterSettings): InjectionPlan => {
  if (vision === null) throw new RangeError("an adapter that sees nothing has no plan");
  if (vision.kind === "limber") return { method: "limber", mode: null, layers: [], afterwards: null };
  const { injection, mode } = vision;
  const layers = scheduleOf(injection.endLayer, injection).flatMap((step, layer) =>
    step.action === "none" ? [] : [{ layer, ...step }],
  );
  return { method: "epalm", mode, layers, afterwards: mode === "causal-drop" ? "dropped" : "carried" };
};
