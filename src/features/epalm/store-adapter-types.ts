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
