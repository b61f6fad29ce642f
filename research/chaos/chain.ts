import { createHash } from "node:crypto";
import type { CollectionClient } from "../../src/features/client.ts";

type Listed = Awaited<ReturnType<CollectionClient["getReceipt"]>>;

/** What the answer to a deletion said of its receipt. */
export interface Given {
  readonly id: string;
  readonly hash: string;
  readonly sequence: number;
  readonly count: number;
}

const FIRST_PREVIOUS = "0".repeat(64);
const NOTHING = createHash("sha256").digest("hex");

/**
 * What is wrong with a collection's whole chain of receipts: links that do not follow one another or are not what they
 * hash, receipts that were given and are not in it, and deletions that are hidden though they were erased.
 *
 * @param erasedTo the sequence of the last compaction that said so; 0 where there was none
 */
export const chainFaults = (
  collection: string,
  chain: readonly Listed[],
  given: Iterable<Given>,
  erasedTo: number,
): string[] => {
  const faults: string[] = [];
  let previousHash = FIRST_PREVIOUS;
  for (const [i, receipt] of chain.entries()) {
    const at = `receipt ${receipt.position}`;
    if (receipt.position !== i + 1) faults.push(`${at} stands where number ${i + 1} must`);
    if (receipt.previousHash !== previousHash) faults.push(`${at} does not follow the one before`);
    if (receipt.hash !== hashOf(collection, receipt)) faults.push(`${at} is not what it hashes`);
    if (receipt.kind === "deletion" && receipt.sequence <= erasedTo && receipt.state !== "erased")
      faults.push(`${at} is ${receipt.state}, and was erased`);
    previousHash = receipt.hash;
  }
  const byId = new Map(chain.map((receipt) => [receipt.id, receipt]));
  for (const { id, hash, sequence, count } of given) {
    const receipt = byId.get(id);
    if (receipt === undefined) faults.push(`receipt ${id} was given, and is not listed`);
    else if (receipt.hash !== hash || receipt.sequence !== sequence || receipt.count !== count)
      faults.push(`receipt ${id} is not the one that was given`);
  }
  return faults;
};

/** As the description of `hash` in GET /openapi.json says; all values are text, whole numbers, null or lists of text. */
const hashOf = (collection: string, receipt: Listed): string => {
  const { id, kind, position, sequence, count, previousHash } = receipt;
  const said =
    receipt.kind === "deletion"
      ? {
          at: receipt.deletedAt,
          salt: receipt.salt,
          anchorsHash: receipt.anchorsHash,
          installation: null,
          generation: null,
        }
      : {
          at: receipt.erasedAt,
          salt: "",
          anchorsHash: NOTHING,
          installation: receipt.installation,
          generation: receipt.generation,
        };
  const { version, key, user, retainedBy, nodes } = receipt;
  const later = version === 1 ? {} : { version, key, user, retainedBy, nodes };
  const linked = { collection, id, kind, position, sequence, count, previousHash };
  const members = Object.entries({ ...linked, ...said, ...later });
  const json = JSON.stringify(Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1))));
  return createHash("sha256").update(json).digest("hex");
};
