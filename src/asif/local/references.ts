import { createHash } from "node:crypto";
import { createSlices } from "../../math/slices.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";
import { withoutSelf } from "../background.ts";
import type { Solved, SolvedRows } from "./rows.ts";
import { keyOfLooks, nearestIn, prepareRows, widthOf, type Frame, type LocalTexts } from "./texts.ts";

/** Captions that scores are brought to one scale by, or half of the anchors where these are fewer. */
const MOST_REFERENCES = 512;
/** States of the anchors (a view, and a filter) of which references are kept. */
const KEPT = 8;
/** More candidates than wanted are collected, by a bound on their hashes. */
const SPARE = 1.5;
const HASHES = 2 ** 32;

/** Captions of anchors, each as it is by the other anchors. */
export interface References {
  readonly slots: Int32Array;
  /** Where the anchor of a slot is among them. */
  readonly placeOf: ReadonlyMap<Slot, number>;
  readonly texts: LocalTexts;
  /** Their directions in float32, `[slots.length, d]`, for products with many of them at once. */
  readonly directions: Float32Array;
}

const kept = new WeakMap<AnchorView, Map<string, Promise<References>>>();

/**
 * The reference captions of a frame, kept as long as its view. Which anchors they are is drawn by their ids, so that a
 * write changes only those that come or go, and a collection without an anchor has the same as one that never had it.
 */
export const referencesOf = (frame: Frame): Promise<References> => {
  const { view, method, settings } = frame;
  const { k, p, negatives = "cut", allow, exact, ef } = settings;
  const filtered = allow === undefined ? null : createHash("sha256").update(allow).digest("base64");
  const key = JSON.stringify([method, k, p, negatives, exact, ef, filtered, keyOfLooks(frame)]);
  const known = kept.get(view) ?? new Map<string, Promise<References>>();
  kept.set(view, known);
  const made = known.get(key) ?? makeReferences(frame);
  // The one that was used last stands last.
  known.delete(key);
  known.set(key, made);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  made.catch(() => known.delete(key));
  return made;
};

const makeReferences = async (frame: Frame): Promise<References> => {
  const { view, settings } = frame;
  const slots = drawReferences(view, settings.allow);
  const width = widthOf(frame);
  const { neighbours, shown } = await nearestIn(frame, "text", view.vectors("text", slots), width + 1);
  const others = withoutSelf(neighbours, slots, width);
  const texts = await prepareRows(frame, "text", others, shown, createSlices(), solvedRows(frame, slots));
  return {
    slots,
    placeOf: new Map(Array.from(slots, (slot, place) => [slot, place])),
    texts,
    directions: Float32Array.from(texts.local.directions),
  };
};

/** By the fit of texts, then by that of images: a write changes the neighbours of few captions. */
const solvedBefore = new WeakMap<object, WeakMap<object, Map<Slot, Solved>>>();

/**
 * The regressions of these captions at an earlier write; they go with the memory that they were solved over. What is solved
 * under a filter is not kept, for captions have other neighbours there; those it leaves as they are it finds here.
 */
const solvedRows = ({ text, image, settings }: Frame, slots: Int32Array): SolvedRows => {
  const ofText = solvedBefore.get(text.identity) ?? new WeakMap<object, Map<Slot, Solved>>();
  solvedBefore.set(text.identity, ofText);
  const known = ofText.get(image.identity) ?? new Map<Slot, Solved>();
  const find = (row: number): Solved | undefined => known.get(slots[row] ?? -1);
  if (settings.allow !== undefined) return { find, keep: () => undefined };
  const kept = new Map<Slot, Solved>();
  for (const slot of slots) {
    const solved = known.get(slot);
    if (solved !== undefined) kept.set(slot, solved);
  }
  ofText.set(image.identity, kept);
  return { find, keep: (row, solved) => kept.set(slots[row] ?? -1, solved) };
};

/** The anchors with the smallest hashes of their ids, among those allowed; in that order. */
export const drawReferences = (
  view: Pick<AnchorView, "liveSlots" | "entry">,
  allow?: Uint8Array,
): Int32Array => {
  const live = view.liveSlots();
  const slots = allow === undefined ? live : live.filter((slot) => allow[slot] === 1);
  const wanted = Math.min(MOST_REFERENCES, Math.floor(slots.length / 2));
  const hashes = Uint32Array.from(slots, (slot) => hashOf(view.entry(slot).id));
  let bound = (HASHES * SPARE * (wanted + 1)) / Math.max(1, slots.length);
  let places: number[] = [];
  for (; places.length < wanted; bound *= 2) {
    places = [];
    hashes.forEach((hash, place) => {
      if (hash < bound) places.push(place);
    });
  }
  places.sort((a, b) => (hashes[a] ?? 0) - (hashes[b] ?? 0) || a - b);
  return Int32Array.from(places.slice(0, wanted), (place) => slots[place] ?? 0);
};

/** FNV-1a over the characters, mixed by the last steps of MurmurHash3: ids that differ in a digit are far apart. */
const hashOf = (id: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
