import type { AnchorId, Modality, Sequence } from "../../types.ts";

/** How anchors are laid out in the plane. */
export type ProjectionMethod = "pca" | "umap";

/** What the map knows of each anchor: its place by a method and a side, or how far its image and text agree. */
export type Layer = `${ProjectionMethod}/${Modality}` | "agreement";

/** How a layer was computed. */
export interface LayerRecord {
  readonly layer: Layer;
  /** The collection's sequence at that time. */
  readonly sequence: Sequence;
  readonly seed: number;
  /** How many anchors the method was fitted on; the others were placed among these. */
  readonly fitted: number;
  readonly at: Date;
}

/** A layer's values, one entry for each anchor. */
export interface LayerContent {
  readonly ids: readonly AnchorId[];
  /** A hash of the vectors that the entry was computed from. */
  readonly prints: Uint32Array<ArrayBuffer>;
  /** `[ids.length, layerWidth(layer)]` row-major. */
  readonly numbers: Float32Array<ArrayBuffer>;
}

const MODALITIES = ["image", "text"] as const satisfies readonly Modality[];

/** Numbers for each anchor of a layer. */
export const layerWidth = (layer: Layer): number => (layer === "agreement" ? 1 : 2);

/** The modalities whose vectors a layer is computed from. */
export const sidesOf = (layer: Layer): readonly Modality[] =>
  layer === "agreement" ? MODALITIES : MODALITIES.filter((side) => layer.endsWith(`/${side}`));

/** The entries for which `keeps` holds; the same object where that is all. */
export const selectEntries = (
  content: LayerContent,
  keeps: (id: AnchorId, print: number) => boolean,
): LayerContent => {
  const { ids, prints, numbers } = content;
  const kept = ids.flatMap((id, i) => (keeps(id, prints[i] ?? 0) ? [i] : []));
  if (kept.length === ids.length) return content;
  const width = ids.length === 0 ? 0 : numbers.length / ids.length;
  const some = new Float32Array(kept.length * width);
  kept.forEach((from, to) => some.set(numbers.subarray(from * width, (from + 1) * width), to * width));
  return {
    ids: kept.flatMap((i) => ids[i] ?? []),
    prints: Uint32Array.from(kept, (i) => prints[i] ?? 0),
    numbers: some,
  };
};

const decoder = new TextDecoder();

/** Ids as bytes: one JSON string a line. */
export const idLines = (ids: readonly AnchorId[]): Uint8Array =>
  Buffer.from(ids.map((id) => `${JSON.stringify(id)}\n`).join(""), "utf8");

/** The ids that {@link idLines} wrote. */
export const readIdLines = (bytes: Uint8Array): AnchorId[] => {
  const lines = decoder.decode(bytes).split("\n").slice(0, -1);
  // A join makes one text to parse, which is quicker than one for each line.
  return JSON.parse(`[${lines.join(",")}]`) as AnchorId[];
};

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A 32-bit hash of a vector's bits (FNV-1a over its words), by which a changed vector is told from an edited caption.
 *
 * @param from the hash of another vector that comes first
 */
export const printOf = (vector: Float32Array, from = OFFSET_BASIS): number => {
  const words = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  let hash = from;
  for (const word of words) hash = Math.imul(hash ^ word, PRIME);
  return hash >>> 0;
};
