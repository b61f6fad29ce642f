import { scheduleOf, type AdapterSettings } from "../index.ts";
import type { InjectionPlan, PlannedLayer } from "./types.ts";

/** Where an adapter's tokens enter a decoder, for whoever runs one of their own. @throws RangeError where it has none */
export const injectionPlanOf = ({ vision }: AdapterSettings): InjectionPlan => {
  if (vision === null) throw new RangeError("an adapter that sees nothing has no plan");
  if (vision.kind === "limber") return { method: "limber", mode: null, layers: [], afterwards: null };
  const { injection, mode } = vision;
  const layers = scheduleOf(injection.endLayer, injection)
    .map((action, layer): PlannedLayer => ({ layer, ...action }))
    .filter(({ action }) => action !== "none");
  return { method: "epalm", mode, layers, afterwards: mode === "causal-drop" ? "dropped" : "carried" };
};
