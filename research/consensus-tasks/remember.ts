import type { Scorer } from "../../src/features/consensus/types.ts";

/** What is measured must not depend on how busy the machine is. */
const TIMEOUT_MS = 3_600_000;

/** Asks a scorer, whose scores do not depend on what else is proposed, about each proposal once in all runs. */
export const remember = (scorer: Scorer): Scorer => {
  const known = new Map<string, number>();
  let background: Promise<Float64Array> | undefined;
  return {
    ...scorer,
    timeoutMs: TIMEOUT_MS,
    score: async (proposals, signal) => {
      const missing = proposals.filter(({ id }) => !known.has(id));
      if (missing.length > 0) {
        const { scores } = await scorer.score(missing, signal);
        missing.forEach(({ id }, i) => known.set(id, scores[i] ?? Number.NaN));
      }
      return { scores: Float64Array.from(proposals, ({ id }) => known.get(id) ?? Number.NaN) };
    },
    ...(scorer.background === undefined
      ? {}
      : {
          background: (signal) =>
            (background ??= scorer.background?.(signal) ?? Promise.resolve(new Float64Array())),
        }),
  };
};
