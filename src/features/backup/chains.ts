import type pg from "pg";
import { AnchorageError } from "../../errors.ts";
import { faultOfReceipt, FIRST_PREVIOUS, hashOfServiceReceipt } from "../../store/receipt-chain.ts";
import type { ReceiptEntry, ServiceReceipt } from "../../store/types.ts";
import type { CollectionName, Sequence } from "../../types.ts";

/** The receipts of one collection. */
export interface Chain {
  readonly name: CollectionName;
  readonly entries: readonly ReceiptEntry[];
}

/** All chains of a database. */
export interface Chains {
  /** By the collection's key. */
  readonly collections: ReadonlyMap<number, Chain>;
  readonly service: readonly ServiceReceipt[];
}

/** A row of `receipts`; columns that came with later versions may be missing. */
interface ReceiptRow extends Omit<ReceiptEntry, "position" | "sequence" | "previousHash" | "key" | "user"> {
  readonly collection: string;
  readonly position: string;
  readonly sequence: string;
  readonly previous_hash: string;
  readonly api_key?: string | null;
  readonly user_name?: string | null;
  readonly retained_by?: readonly string[];
}

interface ServiceRow {
  readonly id: string;
  readonly position: string;
  readonly at: Date;
  readonly collection: CollectionName;
  readonly sequence: string;
  readonly count: number;
  readonly last_hash: string | null;
  readonly api_key: string | null;
  readonly user_name: string | null;
  readonly previous_hash: string;
  readonly hash: string;
}

/** @param prefix of the tables' names, such as `given_` for temporary ones */
export const readChains = async (client: pg.ClientBase, prefix = ""): Promise<Chains> => {
  const { rows: names } = await client.query<{ key: string; name: CollectionName }>(
    `SELECT key, name FROM ${prefix}collections`,
  );
  const collections = new Map(
    names.map(({ key, name }) => [Number(key), { name, entries: new Array<ReceiptEntry>() }]),
  );
  const { rows } = await client.query<ReceiptRow>(
    `SELECT * FROM ${prefix}receipts ORDER BY collection, position`,
  );
  for (const row of rows) collections.get(Number(row.collection))?.entries.push(entryOf(row));
  const { rows: service } = await client.query<ServiceRow>(
    `SELECT * FROM ${prefix}service_receipts ORDER BY position`,
  );
  return { collections, service: service.map(serviceOf) };
};

const entryOf = (row: ReceiptRow): ReceiptEntry => ({
  id: row.id,
  kind: row.kind,
  position: Number(row.position),
  sequence: Number(row.sequence) as Sequence,
  at: row.at,
  count: row.count,
  salt: row.salt,
  anchors: row.anchors,
  installation: row.installation,
  generation: row.generation,
  version: row.version,
  key: row.api_key ?? null,
  user: row.user_name ?? null,
  retainedBy: row.retained_by ?? [],
  nodes: row.nodes,
  previousHash: row.previous_hash,
  hash: row.hash,
});

const serviceOf = (row: ServiceRow): ServiceReceipt => ({
  id: row.id,
  position: Number(row.position),
  at: row.at,
  collection: row.collection,
  sequence: Number(row.sequence) as Sequence,
  count: row.count,
  lastHash: row.last_hash,
  key: row.api_key,
  user: row.user_name,
  previousHash: row.previous_hash,
  hash: row.hash,
});

/**
 * Checks every hash of every chain.
 *
 * @param place names the chains in the error
 * @throws AnchorageError `corrupt-file` for the first receipt that does not follow from the one before it
 */
export const requireWhole = ({ collections, service }: Chains, place: string): void => {
  const refuse = (of: string, fault: string): never => {
    throw new AnchorageError("corrupt-file", `${place}: the receipts of ${of} are not whole: ${fault}`);
  };
  for (const { name, entries } of collections.values()) {
    let before: ReceiptEntry | null = null;
    for (const entry of entries) {
      const fault = faultOfReceipt(name, entry, before);
      if (fault !== null) refuse(`"${name}"`, fault);
      before = entry;
    }
  }
  let previous = FIRST_PREVIOUS;
  for (const [i, receipt] of service.entries()) {
    const { hash, ...unsigned } = receipt;
    if (
      receipt.position !== i + 1 ||
      receipt.previousHash !== previous ||
      hash !== hashOfServiceReceipt(unsigned)
    )
      refuse("deleted collections", `number ${receipt.position} was changed, or one before it is missing`);
    previous = hash;
  }
};
