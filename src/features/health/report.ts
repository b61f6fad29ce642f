import type { Check, ProblemKind } from "./api.ts";

const NAMES: Readonly<Record<ProblemKind, string>> = {
  "duplicate-pairs": "pairs that are there more than once",
  "duplicate-images": "pictures with several captions",
  "duplicate-captions": "captions in several spellings",
  mismatches: "pairs whose picture and caption disagree",
  spoilers: "anchors that spoil answers",
  outliers: "anchors far from all others",
  "shared-captions": "captions that many share",
  "thin-classes": "classes with thin support",
};

/**
 * A check as lines: each kind with its number, then its worst findings.
 *
 * @param shown findings of each kind
 */
export const checkReport = (
  {
    anchorCount,
    sequence,
    problems,
    tookMs,
  }: Pick<Check, "anchorCount" | "sequence" | "problems" | "tookMs">,
  shown: number,
): string[] => [
  `${anchorCount} anchors at sequence ${sequence}, checked in ${(tookMs / 1000).toFixed(1)} s`,
  ...problems.flatMap(({ kind, count, anchors, skipped, findings }) => [
    `${String(count).padStart(7)}  ${NAMES[kind]}${count === 0 ? "" : ` (${anchors} anchors)`}${skipped === null ? "" : `: ${skipped}`}`,
    ...findings
      .slice(0, shown)
      .map(
        ({ anchors: listed, reason }) =>
          `         ${listed.map(({ anchor }) => anchor).join(", ")}: ${reason}`,
      ),
  ]),
];
