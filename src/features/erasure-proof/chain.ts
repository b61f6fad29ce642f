import { faultOfReceipt, hashOfContent, hashOfId, splitAnchors, type Receipt } from "../../store/index.ts";
import type { Sequence } from "../../types.ts";
import type { ChainReport, Suspect } from "./types.ts";

/**
 * Checks every receipt of a collection against the one before, and every erasure against the deletions that it claims
 * to cover.
 *
 * @param chain all receipts in chain order
 * @param sequence the collection's sequence, which no receipt may exceed
 */
export const checkChain = (
  collection: string,
  chain: readonly Receipt[],
  sequence: Sequence,
): ChainReport => {
  let fault: string | null = null;
  let before: Receipt | null = null;
  const erasures = createErasureCheck();
  for (const receipt of chain) {
    fault ??= faultOfReceipt(collection, receipt, before);
    if (receipt.sequence > sequence)
      fault ??= `number ${receipt.position} tells of write ${receipt.sequence}, and the collection is at ${sequence}`;
    fault ??= receipt.kind === "erasure" ? erasures.faultOf(receipt) : erasures.deletion(receipt);
    before = receipt;
  }
  return { receipts: chain.length, hash: before?.hash ?? "", fault };
};

interface ErasureCheck {
  readonly deletion: (receipt: Receipt) => string | null;
  readonly faultOf: (receipt: Receipt) => string | null;
}

const createErasureCheck = (): ErasureCheck => {
  const deletions: Receipt[] = [];
  const last = new Map<string, { readonly sequence: number; readonly generation: number }>();
  return {
    deletion: (receipt) => {
      const { position, count, anchors } = receipt;
      deletions.push(receipt);
      return splitAnchors(anchors).length === count
        ? null
        : `number ${position} counts ${count} anchors and has the hashes of ${splitAnchors(anchors).length}`;
    },
    faultOf: ({ position, installation, generation, sequence, count }) => {
      const before = last.get(installation ?? "") ?? { sequence: 0, generation: 0 };
      last.set(installation ?? "", { sequence, generation: generation ?? 0 });
      const covered = deletions.filter((one) => one.sequence > before.sequence && one.sequence <= sequence);
      const anchors = covered.reduce((sum, one) => sum + one.count, 0);
      if (generation !== before.generation + 1) return `number ${position} is not the next generation`;
      if (anchors !== count)
        return `number ${position} says that ${count} anchors were erased, and ${anchors} had been deleted`;
      return null;
    },
  };
};

/** The newest deletion of a suspect. */
export interface NewestDeletion {
  readonly receipt: Receipt;
  readonly sameContent: boolean | null;
}

/**
 * The receipt that covers each of `suspects`, by the salted hash of its id and, if the suspect is fully known, of its
 * content; null if none does.
 */
export const coverageOf = (
  suspects: readonly Suspect[],
  chain: readonly Receipt[],
): readonly (NewestDeletion | null)[] => {
  const deletions = chain
    .filter(({ kind }) => kind === "deletion")
    .map((receipt) => ({ receipt, hashes: hashesOf(receipt) }));
  return suspects.map((suspect) => {
    let found: NewestDeletion | null = null;
    for (const { receipt, hashes } of deletions) {
      const coverage = covers(receipt, hashes, suspect);
      // A receipt that matches the content says more than a later one that matches only the id.
      if (coverage !== null && (found?.sameContent !== true || coverage.sameContent === true))
        found = coverage;
    }
    return found;
  });
};

interface Hashes {
  readonly ids: ReadonlyMap<string, string>;
  readonly contents: ReadonlySet<string>;
}

const hashesOf = ({ anchors }: Receipt): Hashes => {
  const pairs = splitAnchors(anchors).map(
    ({ id, content }) => [id.toString("hex"), content.toString("hex")] as const,
  );
  return { ids: new Map(pairs), contents: new Set(pairs.map(([, content]) => content)) };
};

const covers = (receipt: Receipt, { ids, contents }: Hashes, suspect: Suspect): NewestDeletion | null => {
  const { id, caption, metadata, imageVector, textVector } = suspect;
  const whole =
    metadata === null || imageVector === null || textVector === null
      ? null
      : { caption, metadata, imageVector, textVector };
  const hash = (): string | null =>
    whole === null ? null : hashOfContent(receipt.salt, whole).toString("hex");
  if (id === null) {
    const content = hash();
    return content !== null && contents.has(content) ? { receipt, sameContent: true } : null;
  }
  const known = ids.get(hashOfId(receipt.salt, id).toString("hex"));
  if (known === undefined) return null;
  const content = hash();
  return { receipt, sameContent: content === null ? null : content === known };
};
