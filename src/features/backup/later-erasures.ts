import { hash } from "node:crypto";
import { AnchorageError } from "../../errors.ts";
import type { ReceiptEntry } from "../../store/types.ts";
import type { Chains } from "./chains.ts";
import type { BackupHeader } from "./format.ts";

/** What was deleted after a backup was made, as a chain of receipts proves it. */
export interface LaterErasures {
  /** Receipts of deletions after the backup. */
  readonly deletions: number;
  /** Keys of collections that were deleted as a whole. */
  readonly removed: ReadonlySet<number>;
  /** The names of {@link removed}. */
  readonly removedNames: readonly string[];
  /** The last receipt after the backup of each collection that has one, by the collection's key. */
  readonly last: ReadonlyMap<number, ReceiptEntry>;
  /** Whether a receipt after the backup covers the anchor; counts the hashes that it computes. */
  readonly isDeleted: (collection: number, id: Buffer) => boolean;
  /** Hashes computed by {@link isDeleted} so far. */
  readonly hashed: () => number;
}

/** Nothing is known of what was deleted later. */
export const NO_ERASURES: LaterErasures = {
  deletions: 0,
  removed: new Set(),
  removedNames: [],
  last: new Map(),
  isDeleted: () => false,
  hashed: () => 0,
};

const ID_BYTES = 32;
const ANCHOR_BYTES = 64;

/**
 * Finds the receipts after a backup.
 *
 * @param place names the chains in errors
 * @throws AnchorageError `conflict` if the chains do not continue those of the backup
 */
export const findLaterErasures = (
  { collections, serviceReceipts }: BackupHeader,
  chains: Chains,
  place: string,
): LaterErasures => {
  const refuse = (of: string): never => {
    throw new AnchorageError(
      "conflict",
      `${place} does not continue the receipts of ${of} that are in the backup: it is of another database, or older than the backup.`,
    );
  };
  const known = serviceReceipts?.position ?? 0;
  if (known > 0 && chains.service[known - 1]?.hash !== serviceReceipts?.hash) refuse("deleted collections");
  const removedNames = new Set(chains.service.slice(known).map(({ collection }) => collection));
  const removed = new Set<number>();
  const last = new Map<number, ReceiptEntry>();
  const deletionsOf = new Map<number, { readonly salt: Uint8Array; readonly ids: ReadonlySet<string> }[]>();
  let deletions = 0;
  for (const { key, name, receipts } of collections) {
    if (removedNames.has(name)) {
      removed.add(key);
      continue;
    }
    const chain = chains.collections.get(key);
    const end = receipts?.position ?? 0;
    if (chain?.name !== name || (end > 0 && chain.entries[end - 1]?.hash !== receipts?.hash))
      return refuse(`"${name}"`);
    const later = chain.entries.slice(end);
    const newest = later.at(-1);
    if (newest !== undefined) last.set(key, newest);
    const found = later
      .filter(({ kind }) => kind === "deletion")
      .map(({ salt, anchors }) => ({ salt, ids: idHashes(anchors) }));
    deletions += found.length;
    if (found.length > 0) deletionsOf.set(key, found);
  }
  let hashed = 0;
  return {
    deletions,
    removed,
    removedNames: collections.filter(({ key }) => removed.has(key)).map(({ name }) => name),
    last,
    isDeleted: (collection, id) =>
      (deletionsOf.get(collection) ?? []).some(({ salt, ids }) => {
        hashed++;
        return ids.has(hash("sha256", Buffer.concat([salt, id]), "hex"));
      }),
    hashed: () => hashed,
  };
};

/** The hashes of ids in a receipt of a deletion, which holds two hashes for each anchor. */
const idHashes = (anchors: Uint8Array): ReadonlySet<string> => {
  const bytes = Buffer.from(anchors.buffer, anchors.byteOffset, anchors.byteLength);
  return new Set(
    Array.from({ length: bytes.length / ANCHOR_BYTES }, (_, i) =>
      bytes.toString("hex", i * ANCHOR_BYTES, i * ANCHOR_BYTES + ID_BYTES),
    ),
  );
};
