import type { Payload } from "../types.ts";

/** Solutions of so many steps compete with one another, and finished ones, however long, with finished ones. */
export const stageOfSteps = (payload: Payload): number => {
  if (payload.kind !== "steps" || payload.done) return Infinity;
  return payload.steps.length;
};
