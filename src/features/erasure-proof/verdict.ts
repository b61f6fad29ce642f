import type { Finding, Proof, SuspectState } from "./types.ts";

/** Number of names in a sentence before the rest is counted. */
const NAMED = 3;

/** The reasons why the erasure is not proven; empty: everything is erased, as far as it could be searched. */
export const faultsOf = ({ chain, receipts, findings }: Proof): string[] => {
  const faults: string[] = [];
  if (chain.fault !== null) faults.push(`the chain of receipts is broken: ${chain.fault}`);
  for (const { id, erased, count } of receipts)
    if (erased === null)
      faults.push(`receipt ${id} says hidden of its ${anchors(count)}; compact the collection to erase them`);
  const say = (chosen: (finding: Finding) => boolean, sentence: (names: string) => string): void => {
    const names = findings.filter(chosen).map(({ name }) => name);
    if (names.length > 0) faults.push(sentence(listed(names)));
  };
  const inState = (state: SuspectState) => (finding: Finding) => finding.state === state;
  say(inState("live"), (names) => `not deleted, but there as it was: ${names}`);
  say(inState("unknown"), (names) => `no receipt tells of a deletion of ${names}`);
  say(
    ({ traces }) => traces.length > 0,
    (names) => `still found: ${names}`,
  );
  say(
    ({ unsearchable }) => unsearchable.length > 0,
    (names) => `not to be told from other bytes, and so not proven: ${names}`,
  );
  return faults;
};

const anchors = (count: number): string => (count === 1 ? "1 anchor" : `${count} anchors`);

const listed = (names: readonly string[]): string => {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
};

/** Whether everything could be searched. */
export const isComplete = ({ searched }: Proof): boolean =>
  searched === null || (searched.postgres !== null && searched.closedTables.length === 0);
