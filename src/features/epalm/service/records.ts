import type { Database } from "../../../store/index.ts";
import { findAdapter, adapterContent, listAdapters, removeAdapters, saveAdapter } from "../table.ts";
import { ADAPTER_REFERENCE } from "../defaults.ts";
import { LRUCache } from "lru-cache";
import { notFound } from "../../../errors.ts";
import type { Adapter, AdapterSettings } from "../index.ts";
import { readStoredAdapter } from "./read-adapter.ts";
import type { AdapterFile } from "./types.ts";
import type { AdapterRecord } from "../table.ts";
import type { CollectionName, Sequence } from "../../../types.ts";

/** Numbers of adapters that are kept ready, 256 MiB. */
const KEPT_NUMBERS = 2 ** 26;
const LISTED = 1_000;

/** An adapter with what is on record of it. */
export interface StoredAdapter {
  readonly record: AdapterRecord;
  readonly adapter: Adapter;
}

export interface AdapterRecords {
  /** @throws AnchorageError `not-found` */
  readonly find: (reference: string) => Promise<AdapterRecord>;
  /** The same with its tensors. */
  readonly load: (reference: string) => Promise<StoredAdapter>;
  /** The file. @throws AnchorageError `not-found` */
  readonly content: (reference: string) => Promise<{ record: AdapterRecord; content: Uint8Array }>;
  /** Newest first. */
  readonly list: () => Promise<AdapterRecord[]>;
  /** Every version, or the one that is named. @throws AnchorageError `not-found` */
  readonly remove: (reference: string) => Promise<void>;
}

type Adapters = Database;

export const createAdapterRecords = (store: Adapters): AdapterRecords => {
  // By their content, so that nothing that is removed or written again is served for another.
  const ready = new LRUCache<string, Adapter>({
    maxSize: KEPT_NUMBERS,
    sizeCalculation: ({ tensors }) =>
      1 + [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
  });
  const find = async (reference: string): Promise<AdapterRecord> => {
    const { id, version } = parsed(reference);
    const found = await findAdapter(store, id, version);
    if (found === null) throw notFound("adapter", reference);
    return found;
  };
  const content: AdapterRecords["content"] = async (reference) => {
    const record = await find(reference);
    const bytes = await adapterContent(store, record.id, record.version);
    if (bytes === null) throw notFound("adapter", reference);
    return { record, content: bytes };
  };
  return {
    find,
    content,
    load: async (reference) => {
      const record = await find(reference);
      const known = ready.get(record.sha256);
      if (known !== undefined) return { record, adapter: known };
      const read = await content(`${record.id}@${record.version}`);
      const adapter = await readStoredAdapter(read.content);
      ready.set(record.sha256, adapter);
      return { record, adapter };
    },
    list: () => listAdapters(store, LISTED),
    remove: async (reference) => {
      const { id, version } = parsed(reference);
      if ((await removeAdapters(store, id, version)) === 0) throw notFound("adapter", reference);
    },
  };
};

/**
 * Keeps an adapter as a new version of `id`.
 *
 * @param trained on whose anchors, at which sequence; null where it was made elsewhere
 */
export const keepAdapter = (
  store: Database,
  id: string,
  { settings, sha256, content }: AdapterFile,
  trained: { readonly collection: CollectionName; readonly sequence: Sequence } | null,
): ReturnType<typeof saveAdapter> =>
  saveAdapter(
    store,
    {
      id,
      sha256,
      collection: trained?.collection ?? null,
      sequence: trained?.sequence ?? null,
      createdAt: new Date(),
      settings,
    },
    content,
  );

/** Nobody else writes that column. */
export const adapterSettingsOf = ({ settings }: AdapterRecord): AdapterSettings =>
  settings as unknown as AdapterSettings;

const parsed = (reference: string): { readonly id: string; readonly version: number | null } => {
  const { id, version } = ADAPTER_REFERENCE.exec(reference)?.groups ?? {};
  if (id === undefined) throw notFound("adapter", reference);
  return { id, version: version === undefined ? null : Number(version) };
};
