import type { ImportCounts } from "./import.ts";

/** What became of an import's entries, on one line. */
export const summaryOf = ({ stored, present, rejected, changed, ignored }: ImportCounts): string => {
  const rejects = `${rejected} rejected`;
  return [
    `${stored} stored`,
    `${present} ${present === 1 ? "was" : "were"} there already`,
    changed === 0
      ? rejects
      : `${rejects} (${changed} changed: --replace writes ${changed === 1 ? "it" : "them"})`,
    ...(ignored === 0 ? [] : [`${ignored} not used`]),
  ].join(", ");
};
