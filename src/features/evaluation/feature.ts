import type { Feature } from "../feature.ts";
import { createEvaluations } from "./evaluations.ts";
import { addEvaluation } from "./routes.ts";

/** Accuracy of a collection's answers on its own anchors. */
export const evaluationFeature: Feature = {
  name: "evaluation",
  open: (core) => {
    const evaluations = createEvaluations(core);
    return Promise.resolve({
      routes: (routes) => addEvaluation(routes, evaluations),
      forget: evaluations.forget,
    });
  },
};
