import type { AnchorId } from "../../types.ts";
import { captionInRow, idLine, lineStart, ownerInRow, unitBytes, utf8, vectorBytes } from "./forms.ts";
import { KEY_BYTES } from "./scanner.ts";
import type { Suspect, What } from "./types.ts";

/** Bytes to search for. */
export interface Needle {
  readonly bytes: Buffer;
  /** The only table in whose files they are meaningful; null: everywhere. */
  readonly table: string | null;
}

/** Which needles (indexes into the list) search for each part of a suspect; none if it cannot be searched for. */
export interface Quarry {
  readonly suspect: number;
  readonly what: What;
  readonly needles: readonly number[];
}

export interface Hunt {
  readonly needles: readonly Needle[];
  readonly quarries: readonly Quarry[];
}

/** Vectors are searched for in pieces, because reused space may overwrite one in part. */
const PIECE_BYTES = 32;
const PIECES = 16;
/** Pieces with fewer distinct bytes, such as zeros, occur everywhere. */
const DISTINCT_BYTES = 6;
/** A shorter caption is a common word: it is searched for only next to its id. */
const CAPTION_BYTES = 16;
/** Longer captions are searched for in pieces, because Postgres splits them at every 1,996 bytes. */
const CAPTION_PIECE_BYTES = 512;
/** With its quotes or brackets a shorter text is distinctive enough. */
const QUOTED_BYTES = 5;

/** @param collection the key of the suspects' collection */
export const huntFor = (suspects: readonly Suspect[], collection: number): Hunt => {
  const needles: Needle[] = [];
  const known = new Map<string, number>();
  const placesOf = (wanted: readonly Needle[]): number[] => [
    ...new Set(
      wanted.map((needle) => {
        const name = `${needle.table ?? ""} ${needle.bytes.toString("latin1")}`;
        const place = known.get(name) ?? needles.push(needle) - 1;
        known.set(name, place);
        return place;
      }),
    ),
  ];

  const quarries = suspects.flatMap(({ id, caption, imageVector, textVector }, suspect) => {
    const parts: [What, readonly Needle[]][] = [];
    if (id !== null) parts.push(["id", idNeedles(collection, id)]);
    if (caption !== null) parts.push(["caption", captionNeedles(id, caption)]);
    if (imageVector !== null) parts.push(["image vector", vectorNeedles(imageVector)]);
    if (textVector !== null) parts.push(["text vector", vectorNeedles(textVector)]);
    return parts.map(([what, wanted]): Quarry => ({ suspect, what, needles: placesOf(wanted) }));
  });
  return { needles, quarries };
};

const anywhere = (bytes: Buffer): Needle => ({ bytes, table: null });

const idNeedles = (collection: number, id: AnchorId): Needle[] => [
  { bytes: ownerInRow(collection, id), table: "anchors" },
  ...[lineStart(id), idLine(id)].filter(({ length }) => length >= QUOTED_BYTES).map(anywhere),
];

const captionNeedles = (id: AnchorId | null, caption: string): Needle[] => {
  const bytes = utf8(caption);
  if (bytes.length === 0) return [];
  if (bytes.length < CAPTION_BYTES)
    return id === null
      ? []
      : [{ bytes: captionInRow(id, caption), table: "anchors" }, anywhere(lineStart(id, caption))].filter(
          (needle) => needle.bytes.length >= KEY_BYTES,
        );
  // JSON escapes quotes and line ends of a caption.
  const quoted = utf8(JSON.stringify(caption)).subarray(1, -1);
  return [bytes, quoted].flatMap((form) => pieces(form, CAPTION_PIECE_BYTES, Infinity)).map(anywhere);
};

const vectorNeedles = (vector: Float32Array): Needle[] => {
  const needles = [vectorBytes(vector), unitBytes(vector)].flatMap((bytes) =>
    pieces(bytes, PIECE_BYTES, PIECES).filter(isTelling),
  );
  return needles.map(anywhere);
};

/** The whole text if it fits into one piece, otherwise pieces at even intervals from the first to the last byte. */
const pieces = (bytes: Buffer, length: number, atMost: number): Buffer[] => {
  if (bytes.length <= 2 * length) return [bytes];
  const count = Math.min(atMost, Math.floor(bytes.length / length));
  const step = (bytes.length - length) / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const at = Math.round(i * step);
    return bytes.subarray(at, at + length);
  });
};

const isTelling = (bytes: Buffer): boolean => new Set(bytes).size >= DISTINCT_BYTES && bytes.length >= 8;
