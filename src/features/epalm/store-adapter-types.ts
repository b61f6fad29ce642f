import type { CollectionName, JsonValue, Sequence } from "../../types.ts";

/** What a language model is given eyes by; see epalm/ for the settings and the content. */
export interface NewAdapter {
  readonly id: string;
  /** Of the content. */
  readonly sha256: string;
  /** On whose anchors it was trained, and at which sequence; with the collection it goes. Null where made elsewhere. */
  readonly collection: CollectionName | null;
  readonly sequence: Sequence | null;
  readonly createdAt: Date;
  readonly settings: JsonValue;
}

export interface AdapterRecord extends NewAdapter {
  /** 1 for the first of this id; no number is given twice. */
  readonly version: number;
  readonly bytes: number;
}

/** What adapters ask of Postgres about themselves. */
export interface AdapterStore {
  /**
   * Keeps a new version, unless the newest of this id has the same content.
   *
   * @throws AnchorageError `not-found` where the collection is gone
   */
  saveAdapter(
    adapter: NewAdapter,
    content: Uint8Array,
  ): Promise<{ readonly adapter: AdapterRecord; readonly isNew: boolean }>;
  /** @param version the newest where null */
  findAdapter(id: string, version: number | null): Promise<AdapterRecord | null>;
  adapterContent(id: string, version: number): Promise<Uint8Array | null>;
  /** Newest first, at most `limit`. */
  listAdapters(limit: number): Promise<AdapterRecord[]>;
  /** Every version where it is null. @returns how many are gone */
  removeAdapters(id: string, version: number | null): Promise<number>;
}
