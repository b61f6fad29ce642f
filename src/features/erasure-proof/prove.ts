import { basename, dirname } from "node:path";
import { AnchorageError, invalidField, notFound } from "../../errors.ts";
import {
  findAnchors,
  findCollection,
  idsInChanges,
  listReceipts,
  type AnchorWithVectors,
  type CollectionRecord,
  type Database,
  type Inspection,
  type Receipt,
} from "../../store/index.ts";
import type { AnchorId, CollectionName } from "../../types.ts";
import { checkChain, coverageOf, type NewestDeletion } from "./chain.ts";
import { vectorBytes } from "./forms.ts";
import { huntFor } from "./needles.ts";
import { searchIndexes, searchPostgres, type FilesOfPostgres, type IndexFile } from "./search-files.ts";
import { listRetained } from "./retained.ts";
import { searchRows, type RowFinds } from "./search-rows.ts";
import { mostBeyond } from "./tally.ts";
import type { Finding, Proof, Suspect, SuspectState, Trace, What } from "./types.ts";
import { WRITE_AHEAD_LOG } from "./raw-files.ts";

const CHAIN_PAGE = 500;

export interface ProofOptions {
  readonly collection: CollectionName;
  /** Anchors that should be gone; empty: only receipts are checked. */
  readonly suspects: readonly Suspect[];
  /** The receipt that must cover them; null: any. */
  readonly receipt: string | null;
  /** Absolute path of DATA_DIR/indexes. */
  readonly indexDirectory: string;
  readonly signal: AbortSignal;
}

/**
 * Checks a collection's receipts, and searches the rows and files of Postgres and every file under DATA_DIR/indexes
 * for anchors that should be gone.
 *
 * Bytes that occur in a table's file as often as in its live rows belong to them; any further occurrence was left
 * behind.
 *
 * @throws AnchorageError `not-found` for the collection or the receipt, `invalid-input` for a vector of another
 * dimension than the collection's, `cancelled` if `signal` aborts
 */
export const proveErasure = async (inspection: Inspection, options: ProofOptions): Promise<Proof> => {
  const { suspects, indexDirectory, signal } = options;
  const { database } = inspection;
  const collection = await findCollection(database, options.collection);
  if (collection === null) throw notFound("collection", options.collection);
  requireDimensions(suspects, collection);
  const receipts = await wholeChain(database, collection);
  const wanted = receipts.find(({ id, kind }) => id === options.receipt && kind === "deletion") ?? null;
  if (wanted === null && options.receipt !== null) throw notFound("receipt of a deletion", options.receipt);
  const chain = checkChain(collection.name, receipts, collection.sequence);
  if (suspects.length === 0) {
    const covering = receiptsOf(wanted, []);
    return {
      collection: collection.name,
      chain,
      receipts: covering,
      retainedBy: await listRetained(database, collection, covering),
      findings: [],
      searched: null,
    };
  }
  const coverage = coverageOf(suspects, wanted === null ? receipts : [wanted]);

  const goOn = (): void => {
    if (signal.aborted) throw new AnchorageError("cancelled", "stopped; nothing was changed");
  };
  const hunt = huntFor(suspects, collection.key);
  // Search files before rows, because reading a page by SQL may prune it.
  const postgres = await searchPostgres(inspection, hunt);
  goOn();
  const indexes = await searchIndexes(indexDirectory, hunt);
  goOn();
  const rows = await searchRows(database, collection, suspects, hunt);
  goOn();
  const ids = suspects.flatMap(({ id }) => id ?? []);
  const live = new Map((await findAnchors(database, collection, ids)).map((anchor) => [anchor.id, anchor]));
  const owners = await ownersOf(database, indexes);
  const onRecord = await idsInChanges(database, collection, ids);

  const findings = suspects.map((suspect, i): Finding => {
    const { id } = suspect;
    const isLive = id !== null && live.has(id);
    const quarries = hunt.quarries.filter(({ suspect: of, what }) => of === i && !(what === "id" && isLive));
    return {
      name: id ?? suspect.source,
      state: stateOf(suspect, live, coverage[i] ?? null),
      receipt: coverage[i]?.receipt.id ?? null,
      sameContent: coverage[i]?.sameContent ?? null,
      traces: quarries.flatMap(({ what, needles }) =>
        tracesOf(what, needles, { id, rows, postgres, indexes, owners }),
      ),
      unsearchable: quarries.filter(({ needles }) => needles.length === 0).map(({ what }) => what),
      shared: quarries.flatMap(({ what, needles }) => sharedBy(what, needles, rows)),
      idOnRecord: id !== null && onRecord.has(id),
    };
  });
  const covering = receiptsOf(wanted, coverage);
  return {
    collection: collection.name,
    chain,
    receipts: covering,
    retainedBy: await listRetained(database, collection, covering),
    findings,
    searched: {
      tables: rows.tables,
      rows: rows.rows,
      closedTables: rows.closed,
      postgres:
        postgres === null
          ? null
          : {
              files: postgres.files,
              bytes: postgres.bytes,
              walBytes: inspection.server === "embedded" ? null : postgres.walBytes,
            },
      indexes: { files: indexes.length, bytes: indexes.reduce((sum, { bytes }) => sum + bytes, 0) },
    },
  };
};

/** A vector of another dimension was never in this collection. */
const requireDimensions = (suspects: readonly Suspect[], collection: CollectionRecord): void => {
  const { imageEncoder, textEncoder } = collection;
  for (const { source, imageVector, textVector } of suspects)
    for (const [field, vector, { dimension }] of [
      ["imageVector", imageVector, imageEncoder],
      ["textVector", textVector, textEncoder],
    ] as const)
      if (vector !== null && vector.length !== dimension)
        throw invalidField([source], `${field} must have ${dimension} numbers`);
};

const receiptsOf = (
  wanted: Receipt | null,
  coverage: readonly (NewestDeletion | null)[],
): readonly Receipt[] => {
  const all = [...(wanted === null ? [] : [wanted]), ...coverage.flatMap((one) => one?.receipt ?? [])];
  return [...new Map(all.map((receipt) => [receipt.id, receipt])).values()];
};

const stateOf = (
  suspect: Suspect,
  live: ReadonlyMap<AnchorId, AnchorWithVectors>,
  coverage: NewestDeletion | null,
): SuspectState => {
  const now = suspect.id === null ? undefined : live.get(suspect.id);
  if (now !== undefined && isSame(suspect, now)) return "live";
  if (coverage !== null) return coverage.receipt.erased === null ? "hidden" : "erased";
  return now === undefined ? "unknown" : "replaced";
};

/** The known parts of the suspect. */
const isSame = ({ caption, imageVector, textVector }: Suspect, now: AnchorWithVectors): boolean =>
  (caption === null || caption === now.caption) &&
  (imageVector === null || sameBits(imageVector, now.imageVector)) &&
  (textVector === null || sameBits(textVector, now.textVector));

const sameBits = (a: Float32Array, b: Float32Array): boolean => vectorBytes(a).equals(vectorBytes(b));

interface Searched {
  readonly id: AnchorId | null;
  readonly rows: RowFinds;
  readonly postgres: FilesOfPostgres | null;
  readonly indexes: readonly IndexFile[];
  readonly owners: ReadonlyMap<string, number | null>;
}

const tracesOf = (what: What, needles: readonly number[], searched: Searched): Trace[] => {
  const { id, rows, postgres, indexes, owners } = searched;
  const traces: Trace[] = [];
  const met = needles.find((needle) => rows.elsewhere.count(needle) > 0);
  if (met !== undefined)
    traces.push({ what, where: rows.elsewhere.first(met).name, times: rows.elsewhere.count(met), beyond: 0 });
  if (what === "id" && id !== null)
    for (const table of rows.idIn(id)) traces.push({ what, where: `table ${table}`, times: 1, beyond: 0 });
  for (const [table, tally] of postgres?.tables ?? []) {
    // How often the log repeats what is live says nothing, and it repeats ids of the list of changes.
    const inLog = table === WRITE_AHEAD_LOG;
    const telling = inLog ? needles.filter((needle) => rows.holders(needle).length === 0) : needles;
    if (inLog && what === "id") continue;
    const most = mostBeyond(telling, tally, rows.live(table));
    if (most !== null) traces.push({ what, ...most });
  }
  for (const { path, tally } of indexes) {
    const most = mostBeyond(needles, tally, rows.liveInFiles(owners.get(path) ?? null));
    if (most !== null) traces.push({ what, ...most });
  }
  return traces;
};

const sharedBy = (what: What, needles: readonly number[], rows: RowFinds): Finding["shared"] => {
  const by = new Set(needles.flatMap((needle) => rows.holders(needle)));
  return by.size === 0 ? [] : [{ what, by: [...by] }];
};

/** The collection whose live anchors a file may contain, by the file's folder. */
const ownersOf = async (
  database: Database,
  files: readonly IndexFile[],
): Promise<Map<string, number | null>> => {
  const owners = new Map<string, number | null>();
  for (const { path } of files) {
    const folder = basename(dirname(path));
    if (/\.snapshot(\.writing)?$/.test(path) && /^\d+$/.test(folder)) owners.set(path, Number(folder));
    else owners.set(path, (await findCollection(database, folder as CollectionName))?.key ?? null);
  }
  return owners;
};

/** The receipts of a collection from the first on, with the erasures by the installation that owns this DATA_DIR. */
const wholeChain = async (database: Database, collection: CollectionRecord): Promise<Receipt[]> => {
  const chain: Receipt[] = [];
  for (;;) {
    const after = chain.at(-1)?.position ?? 0;
    const page = await listReceipts(database, collection, { after, limit: CHAIN_PAGE });
    chain.push(...page);
    if (page.length < CHAIN_PAGE) return chain;
  }
};
