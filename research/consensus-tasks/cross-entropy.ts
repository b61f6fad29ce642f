import type { Modality } from "../../src/types.ts";
import { normal } from "../../src/math/random.ts";
import type { Generator } from "../../src/features/consensus/types.ts";
import { unit } from "./vector-step.ts";
import { mean, populationDeviation } from "../../src/math/statistics.ts";

export interface CrossEntropySettings {
  readonly modality: Modality;
  /** Vectors of length 1 that the first round draws around. */
  readonly starts: readonly (readonly number[])[];
  /** Deviations of a component never fall below this. */
  readonly least: number;
}

/**
 * Draws vectors of length 1 from a normal distribution fitted to the survivors, component by component (the
 * cross-entropy method, Rubinstein 1999): needs no gradient.
 */
export const createCrossEntropyGenerator = ({
  modality,
  starts,
  least,
}: CrossEntropySettings): Generator => ({
  name: "cross-entropy",
  propose: ({ survivors }, count, random) => {
    const elite = survivors.flatMap(({ proposal: { payload } }) =>
      payload.kind === "vector" && payload.modality === modality ? [payload.vector] : [],
    );
    const from = elite.length === 0 ? starts : elite;
    const d = from[0]?.length ?? 0;
    const columns = Array.from({ length: d }, (_, j) => from.map((x) => x[j] ?? 0));
    const means = columns.map(mean);
    const deviations = columns.map((column) => Math.max(least, populationDeviation(column)));
    return Promise.resolve(
      Array.from({ length: from.length === 0 ? 0 : count }, () => ({
        payload: {
          kind: "vector" as const,
          modality,
          vector: unit(means.map((centre, j) => centre + (deviations[j] ?? 0) * normal(random))),
        },
      })),
    );
  },
});
