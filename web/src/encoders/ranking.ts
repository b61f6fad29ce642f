import type { SelectionBody } from "../../../src/features/client.ts";

type Candidate = SelectionBody["candidates"][number];

/** How sure a rank is, in words: the ranks that random halves of the samples gave. */
export const confidenceOf = (candidate: Candidate, method: string): string => {
  const confidence = candidate.scores[method]?.confidence;
  if (confidence === undefined || confidence === null) return "not measured";
  const [low, high] = confidence.rank;
  const ranks = low === high ? `always ${low}` : `${low} to ${high}`;
  return `${ranks} of ${confidence.halves} halves; first in ${Math.round(confidence.first * 100)} %`;
};

/** What a selection says, in a sentence. */
export const verdictOf = (selection: SelectionBody, method: string): string => {
  const winner = selection.winners[method];
  if (winner === undefined) return "No candidate could be scored.";
  const name = `${winner.model}, ${winner.transform}`;
  if (winner.runnerUp === null) return `${name} is the only candidate.`;
  const { ahead } = winner;
  const sure =
    ahead === null
      ? "how surely was not measured"
      : ahead >= 0.95
        ? "surely"
        : ahead >= 0.8
          ? "probably"
          : "not surely: the two are close";
  return `${name} comes first, ${sure}, before ${winner.runnerUp.model}, ${winner.runnerUp.transform}.`;
};

/** The newest selection for a collection. */
export const selectionFor = (
  selections: readonly SelectionBody[],
  collection: string,
): SelectionBody | undefined => selections.find(({ subject }) => subject.collection === collection);

export type { Candidate };
