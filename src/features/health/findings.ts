import type { AnchorView, Slot } from "../../retrieval/index.ts";
import type { PairAgreement } from "./agreement.ts";
import type { CheckFinding, FoundProblem, MeasuredAnchor, ProblemKind } from "./api.ts";
import type { AnchorClass, ThinClass } from "./classes.ts";
import { leastCosine, type DuplicateGroup, type Duplicates } from "./duplicates.ts";
import type { Outlier } from "./outliers.ts";
import type { Spoiler } from "./spoilers.ts";

/** Anchors that are listed of one finding. */
const LISTED = 20;

/** What a check has found, worst first; a text says why something was not looked for. */
export interface CheckOutcome {
  readonly duplicates: Duplicates;
  readonly mismatches: readonly Slot[] | string;
  readonly spoilers: readonly Spoiler[] | string;
  readonly outliers: readonly Outlier[];
  readonly sharedCaptions: readonly AnchorClass[];
  readonly thinClasses: readonly ThinClass[] | string;
  readonly agreement: PairAgreement;
}

/** A finding whose anchors are slots. */
interface Draft {
  /** A function where it takes time, so that it is computed for listed findings alone. */
  readonly score: number | (() => number);
  readonly members: readonly Slot[];
  readonly count: number;
  readonly reason: string;
  readonly beside?: Slot;
  readonly value?: CheckFinding["value"];
}

/** All findings as they are stored: the first `limit` of each kind, with ids and captions in place of slots. */
export const describeFindings = (view: AnchorView, limit: number, found: CheckOutcome): FoundProblem[] => {
  const anchorOf = (slot: Slot): MeasuredAnchor => {
    const { id, caption } = view.entry(slot);
    return { anchor: id, text: caption };
  };
  return draftsOf(view, found).map(({ kind, drafts }): FoundProblem => {
    const all = typeof drafts === "string" ? [] : drafts;
    return {
      kind,
      count: all.length,
      anchors: new Set(all.flatMap(({ members }) => members)).size,
      skipped: typeof drafts === "string" ? drafts : null,
      findings: all.slice(0, limit).map(({ score, members, count, reason, beside = -1, value = null }) => ({
        score: typeof score === "number" ? score : score(),
        count,
        anchors: members.slice(0, LISTED).map(anchorOf),
        beside: beside < 0 ? null : anchorOf(beside),
        value,
        reason,
      })),
    };
  });
};

interface KindDrafts {
  readonly kind: ProblemKind;
  readonly drafts: readonly Draft[] | string;
}

const draftsOf = (view: AnchorView, found: CheckOutcome): KindDrafts[] => {
  const { duplicates, agreement } = found;
  return [
    {
      kind: "duplicate-pairs",
      drafts: duplicated(
        view,
        duplicates.pairs,
        "image",
        ({ count }) =>
          `${count} anchors have the same picture and the same caption, and count ${count} times.`,
      ),
    },
    {
      kind: "duplicate-images",
      drafts: duplicated(
        view,
        duplicates.images,
        "image",
        ({ members }) =>
          `To the image encoder these are one picture, and it has ${members.length} captions that say different things.`,
      ),
    },
    {
      kind: "duplicate-captions",
      drafts: duplicated(
        view,
        duplicates.captions,
        "text",
        ({ members }) => `To the text encoder ${members.length} captions say the same.`,
      ),
    },
    {
      kind: "mismatches",
      drafts: each(found.mismatches, (slot) => {
        const rank = agreement.ranks[slot] ?? 0;
        return {
          ...single(slot, rank, agreement.otherwise[slot]),
          reason: `${percent(rank)} of the others fit its picture and caption better than these fit each other.`,
        };
      }),
    },
    {
      kind: "spoilers",
      drafts: each(found.spoilers, ({ slot, spoiled, question }) => ({
        ...single(slot, spoiled, question),
        reason: `Without it ${spoiled} more held-out questions are answered right.`,
      })),
    },
    {
      kind: "outliers",
      drafts: found.outliers.map(({ slot, modality, deviations }) => ({
        ...single(slot, deviations, agreement.nearest[modality][slot]),
        reason: `Its ${modality === "image" ? "picture" : "caption"} is ${deviations.toFixed(1)} deviations farther from the others than usual.`,
      })),
    },
    {
      kind: "shared-captions",
      drafts: found.sharedCaptions.map(({ value, members }) => ({
        ...{ score: members.length, members, count: members.length, value },
        reason: `${members.length} anchors share one caption.`,
      })),
    },
    {
      kind: "thin-classes",
      drafts: each(found.thinClasses, ({ value, members, support, usual }) => ({
        ...{ score: support, members, count: members.length, value },
        reason: `The class rests on ${counted(support)}; usual are ${usual}.`,
      })),
    },
  ];
};

const each = <One>(all: readonly One[] | string, draft: (one: One) => Draft): readonly Draft[] | string =>
  typeof all === "string" ? all : all.map(draft);

const single = (slot: Slot, score: number, beside = -1) => ({ score, members: [slot], count: 1, beside });

const duplicated = (
  view: AnchorView,
  groups: readonly DuplicateGroup[],
  modality: "image" | "text",
  reason: (group: DuplicateGroup) => string,
): Draft[] =>
  [...groups]
    .sort((a, b) => b.count - a.count)
    .map((group) => ({
      ...group,
      score: () => leastCosine(view, modality, group.members.slice(0, LISTED)),
      reason: reason(group),
    }));

const percent = (share: number): string => `${Math.round(100 * share)} %`;

const counted = (anchors: number): string => (anchors === 1 ? "1 anchor" : `${anchors} anchors`);
