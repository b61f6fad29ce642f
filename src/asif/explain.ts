import type { Contribution, Contrast, Difference } from "../api/explain.ts";
import type { AnchorView, Slot } from "../retrieval/index.ts";
import type { Metadata } from "../types.ts";
import { groupParts } from "./groups.ts";
import type { Explained, ExplainInput, RelativeRepresentations } from "./types.ts";

/** The methods of a view that an explanation needs. */
export type ExplainableAnchors = Pick<AnchorView, "entry" | "compare">;

/** One row of a class, and its score. */
export interface ClassRow {
  readonly name: string;
  readonly score: number;
  readonly row: number;
}

/** The contribution of one anchor to a score, and its similarity to both sides. */
export interface Part {
  readonly slot: Slot;
  readonly contribution: number;
  readonly imageSimilarity: number;
  readonly textSimilarity: number;
}

/** The terms of one image's scores. */
export interface ScoreParts {
  /** The terms of its score with a row of the texts. They sum to the score, or to the score plus the offset. */
  readonly partsOf: (row: number) => Part[];
  /** Number of anchors that its scores are based on. */
  readonly support: number;
  /** Subtracted from the sum of the terms, for every text; default: nothing. */
  readonly offset?: number;
}

/** The anchors with the largest contributions to a score, by absolute value, ties by id; at most `limit`. */
export const explain = (anchors: ExplainableAnchors, parts: Part[], limit: number): Contribution[] =>
  strongestFirst(parts, ({ contribution }) => contribution, anchors)
    .slice(0, limit)
    .map((part) => described(part, anchors));

/**
 * Like {@link explain}, with the sum of the unlisted rest, optionally by group, and optionally against another class:
 * then the difference of the two scores is split over anchors. Each list and its rest sum to the total.
 *
 * @param ranked every class, best first
 * @param of the class to explain
 */
export const explainAll = (
  anchors: ExplainableAnchors,
  partsOf: ScoreParts["partsOf"],
  ranked: readonly ClassRow[],
  of: ClassRow,
  { top, groupBy, against }: ExplainInput,
): Explained => {
  const metadataOf = (slot: Slot): Metadata => anchors.entry(slot).metadata;
  const parts = strongestFirst(partsOf(of.row), ({ contribution }) => contribution, anchors);
  const rest = parts.slice(top);
  const groups = groupBy === undefined ? {} : groupParts(parts, groupBy, metadataOf, top, SINGLE);
  return {
    explanation: parts.slice(0, top).map((part) => described(part, anchors)),
    others: { anchors: rest.length, contribution: sumOf(rest, ({ contribution }) => contribution) },
    ...groups,
    ...(against === undefined ? {} : { against: contrast() }),
  };

  function contrast(): Contrast | null {
    const other = opponent(ranked, of, against ?? RUNNER_UP);
    if (other === undefined) return null;
    const differences = strongestFirst(
      differencesOf(parts, partsOf(other.row)),
      ({ difference }) => difference,
      anchors,
    );
    const left = differences.slice(top);
    const grouped = groupBy === undefined ? {} : groupParts(differences, groupBy, metadataOf, top, DIFFERENT);
    return {
      name: other.name,
      score: other.score,
      difference: of.score - other.score,
      anchors: differences.slice(0, top).map(({ slot, contribution, against: theirs, difference }) => {
        const { id, caption } = anchors.entry(slot);
        return { anchor: id, text: caption, contribution, against: theirs, difference };
      }),
      others: { anchors: left.length, difference: sumOf(left, ({ difference }) => difference) },
      ...grouped,
    };
  }
};

/** The value of `against` that selects the second-best class. */
export const RUNNER_UP = "runner-up";

const SINGLE = { contribution: (part: Part) => part.contribution };
const DIFFERENT = {
  difference: (part: DifferentPart) => part.difference,
  contribution: (part: DifferentPart) => part.contribution,
  against: (part: DifferentPart) => part.against,
};

/**
 * The best class of that name. If that is the explained class itself, or no name is given, the best class of another
 * name.
 */
const opponent = (ranked: readonly ClassRow[], of: ClassRow, against: string): ClassRow | undefined => {
  const wanted = against === RUNNER_UP || against === of.name ? undefined : against;
  return ranked.find(({ name }) => (wanted === undefined ? name !== of.name : name === wanted));
};

/**
 * Splits inner products of rows into the anchors that both rows share.
 *
 * @returns for an image's row its terms with each row of the texts, in the order of the image's row
 */
export const sharedParts = (
  images: RelativeRepresentations,
  texts: RelativeRepresentations,
  slotCount: number,
): ((image: number) => ScoreParts) => {
  const held = new Uint8Array(slotCount);
  for (const slot of texts.slots) held[slot] = 1;
  return (image) => {
    let support = 0;
    for (let i = images.offsets[image] ?? 0; i < (images.offsets[image + 1] ?? 0); i++)
      support += held[images.slots[i] ?? 0] ?? 0;
    return { partsOf: (row) => sharedBy(images, image, texts, row), support };
  };
};

const sharedBy = (
  images: RelativeRepresentations,
  image: number,
  texts: RelativeRepresentations,
  text: number,
): Part[] => {
  const positions = new Map<Slot, number>();
  for (let i = texts.offsets[text] ?? 0; i < (texts.offsets[text + 1] ?? 0); i++)
    positions.set(texts.slots[i] ?? 0, i);
  const shared: Part[] = [];
  for (let i = images.offsets[image] ?? 0; i < (images.offsets[image + 1] ?? 0); i++) {
    const slot = images.slots[i] ?? 0;
    const j = positions.get(slot);
    if (j === undefined) continue;
    shared.push({
      slot,
      contribution: (images.values[i] ?? 0) * (texts.values[j] ?? 0),
      imageSimilarity: images.similarities[i] ?? 0,
      textSimilarity: texts.similarities[j] ?? 0,
    });
  }
  return shared;
};

type DifferentPart = Pick<Difference, "contribution" | "against" | "difference"> & { readonly slot: Slot };

const differencesOf = (ours: readonly Part[], theirs: readonly Part[]): DifferentPart[] => {
  const left = new Map(theirs.map(({ slot, contribution }) => [slot, contribution]));
  const shared = ours.map(({ slot, contribution }): DifferentPart => {
    const against = left.get(slot) ?? 0;
    left.delete(slot);
    return { slot, contribution, against, difference: contribution - against };
  });
  const only = [...left].map(([slot, against]): DifferentPart => ({
    slot,
    contribution: 0,
    against,
    difference: 0 - against,
  }));
  return [...shared, ...only];
};

const strongestFirst = <T extends { readonly slot: Slot }>(
  parts: T[],
  strength: (part: T) => number,
  { compare }: ExplainableAnchors,
): T[] => parts.sort((a, b) => Math.abs(strength(b)) - Math.abs(strength(a)) || compare(a.slot, b.slot));

const sumOf = <T>(parts: readonly T[], of: (part: T) => number): number =>
  parts.reduce((sum, part) => sum + of(part), 0);

const described = ({ slot, ...part }: Part, anchors: ExplainableAnchors): Contribution => {
  const { id, caption } = anchors.entry(slot);
  return { anchor: id, text: caption, ...part };
};
