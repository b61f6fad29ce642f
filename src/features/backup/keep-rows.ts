import { fieldsOf } from "../../store/copy.ts";
import { createRowSplitter } from "../../store/copy.ts";
import { UNCHANGED, type BackupHeader, type SavedTable } from "./format.ts";
import type { LaterErasures } from "./later-erasures.ts";
import type { OpenBackup } from "./sources.ts";
import { FITTED } from "./tables.ts";

/** Decides which rows of a series of backups are restored. */
export interface RowChoice {
  /** Whether a row of a table of backup number `of` is restored. Rows of `anchors` are asked for first. */
  readonly keeps: (of: number, table: SavedTable, row: Buffer) => boolean;
  /** Anchors left out because of a later receipt, by the key of their collection. */
  readonly erased: () => ReadonlyMap<number, number>;
}

/** What an incremental backup says about the backups before it. */
interface Successor {
  /** The collection of each anchor that it does not hold, because it had not changed, by the anchor's key. */
  readonly unchanged: ReadonlyMap<number, number>;
  /** `collection encoder` of vectors that stay as they are in the backups before. */
  readonly vectors: ReadonlySet<string>;
}

/** Reads what the incremental backups say about those before them. */
export const readSuccessors = async (backups: readonly OpenBackup[]): Promise<readonly Successor[]> => {
  const successors: Successor[] = [];
  for (const backup of backups) {
    const unchanged = new Map<number, number>();
    const split = createRowSplitter();
    if (backup.header.base !== null)
      await backup.read(new Set([UNCHANGED]), (_, bytes) => {
        for (const row of split(bytes)) {
          const [key, collection] = fieldsOf(row);
          unchanged.set(numberIn(key), numberIn(collection));
        }
      });
    successors.push({ unchanged, vectors: vectorsBefore(backup.header) });
  }
  return successors;
};

/** Vectors by encoders of the base that are still there; those by other encoders are whole in the incremental backup. */
const vectorsBefore = ({ base, vectors }: BackupHeader): ReadonlySet<string> => {
  const before = new Set(
    (base?.collections ?? []).flatMap(({ key, imageEncoder, textEncoder }) => [
      `${key} ${imageEncoder}`,
      `${key} ${textEncoder}`,
    ]),
  );
  return new Set(
    vectors.map(([collection, encoder]) => `${collection} ${encoder}`).filter((at) => before.has(at)),
  );
};

/** @param successors one for each backup; the first is not used */
export const chooseRows = (successors: readonly Successor[], later: LaterErasures): RowChoice => {
  const left = new Set<number>();
  const erased = new Map<number, number>();
  const isCurrent = (of: number, key: number): boolean =>
    !left.has(key) && successors.slice(of + 1).every(({ unchanged }) => unchanged.has(key));
  const isRemoved = (collection: Buffer | null | undefined): boolean =>
    collection != null && later.removed.has(numberIn(collection));

  const keepsAnchor = (
    of: number,
    [key, collection, id]: readonly (Buffer | null | undefined)[],
  ): boolean => {
    if (!isCurrent(of, numberIn(key))) return false;
    const owner = numberIn(collection);
    const isErased = later.isDeleted(owner, id ?? Buffer.alloc(0));
    if (isErased) erased.set(owner, (erased.get(owner) ?? 0) + 1);
    if (isErased || isRemoved(collection)) left.add(numberIn(key));
    return !left.has(numberIn(key));
  };

  const keepsVector = (of: number, key: number, encoder: number): boolean =>
    isCurrent(of, key) &&
    successors
      .slice(of + 1)
      .every(({ unchanged, vectors }) => vectors.has(`${unchanged.get(key) ?? 0} ${encoder}`));

  return {
    keeps: (of, { name, columns }, row) => {
      const fields = fieldsOf(row);
      const field = (column: string): Buffer | null | undefined =>
        fields[columns.findIndex((one) => one.name === column)];
      if (name === "anchors") return keepsAnchor(of, [field("key"), field("collection"), field("id")]);
      if (name === "images" || name === "originals") return isCurrent(of, numberIn(field("anchor_key")));
      if (name === "vectors")
        return keepsVector(of, numberIn(field("anchor_key")), numberIn(field("encoder_key")));
      // `service_receipts` has the name of a collection there.
      if (name === "service_receipts") return true;
      const collection = field(name === "collections" ? "key" : "collection");
      return !isRemoved(collection) && !(FITTED.includes(name) && erased.has(numberIn(collection)));
    },
    erased: () => erased,
  };
};

const numberIn = (field: Buffer | null | undefined): number => Number(field?.readBigInt64BE() ?? 0);
