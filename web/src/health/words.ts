import type { CheckBody, ProblemKind } from "../../../src/features/client.ts";

/** Everything of one kind that a check has found. */
export type CheckProblem = CheckBody["problems"][number];
/** One finding, with at most 20 of its anchors. */
export type CheckedFinding = CheckProblem["findings"][number];

/** What can be done about a finding. */
export type Remedy = "keep-one" | "re-caption" | "remove" | "look" | "add";

interface KindWords {
  readonly title: string;
  /** Why it matters, in one sentence. */
  readonly why: string;
  readonly remedy: Remedy;
  /** What the button beside a finding says. */
  readonly action: string;
}

/** How the page speaks of each kind of problem, and what it offers to do. */
export const KIND_WORDS: Readonly<Record<ProblemKind, KindWords>> = {
  "duplicate-pairs": {
    title: "The same pair more than once",
    why: "A pair that is there twice counts twice in every answer.",
    remedy: "keep-one",
    action: "Keep one…",
  },
  "duplicate-images": {
    title: "One picture, several captions",
    why: "To the image encoder each group is one picture, so that it speaks for all of its captions.",
    remedy: "keep-one",
    action: "Keep one…",
  },
  "duplicate-captions": {
    title: "One caption in several spellings",
    why: "These captions say the same to the text encoder.",
    remedy: "re-caption",
    action: "Use one of them…",
  },
  mismatches: {
    title: "Picture and caption disagree",
    why: "Most other captions fit the picture better, so that the pair speaks for the wrong class.",
    remedy: "re-caption",
    action: "Change the caption…",
  },
  spoilers: {
    title: "Anchors that spoil answers",
    why: "Without one of these, more held-out questions are answered right.",
    remedy: "remove",
    action: "Remove…",
  },
  outliers: {
    title: "Far from all others",
    why: "No other anchor is near, so that they rarely help and are often not what they should be.",
    remedy: "remove",
    action: "Remove…",
  },
  "shared-captions": {
    title: "Captions that many share",
    why: "A caption of many pictures says little about each.",
    remedy: "look",
    action: "Show them",
  },
  "thin-classes": {
    title: "Classes with thin support",
    why: "Few anchors speak for these, so that one wrong pair decides.",
    remedy: "add",
    action: "Add pairs",
  },
};

/** The anchors that go when one of a finding is kept. */
export const idsBeside = ({ anchors }: CheckedFinding, kept: string): string[] =>
  anchors.flatMap(({ anchor }) => (anchor === kept ? [] : [anchor]));

/** The caption that is proposed for the first anchor of a finding: that of the picture nearest to it. */
export const proposedCaption = ({ anchors, beside }: CheckedFinding): string =>
  beside?.text ?? anchors[1]?.text ?? anchors[0]?.text ?? "";

/** A finding without anchors that were dealt with on this page; null where nothing of it is left to do. */
export const leftOf = (
  problem: Pick<CheckProblem, "kind">,
  finding: CheckedFinding,
  settled: ReadonlySet<string>,
): CheckedFinding | null => {
  const anchors = finding.anchors.filter(({ anchor }) => !settled.has(`${problem.kind} ${anchor}`));
  const grouped = problem.kind.startsWith("duplicate-");
  return anchors.length < (grouped ? 2 : 1) ? null : { ...finding, anchors };
};
