import { createHash } from "node:crypto";
import { createSlices, type Slices } from "../../math/slices.ts";
import type { AnchorView, Look, Neighbours, Slot } from "../../retrieval/index.ts";
import { OTHER_MODALITY, type Modality } from "../../types.ts";
import { withoutSelf } from "../background.ts";
import { meanRepresentations, represent } from "../relative.ts";
import type { AsifSettings, RelativeRepresentations } from "../types.ts";
import {
  localRows,
  meanLocalRows,
  meanUnitRows,
  NEAREST,
  type LocalRows,
  type Solved,
  type SolvedRows,
} from "./regression.ts";

/** Methods with a regression over the nearest anchors. */
export type LocalMethod = "local" | "asif+local";

/** The data of one request: the anchors under one fit of each transform. */
export interface Frame {
  readonly view: AnchorView;
  readonly image: Look;
  readonly text: Look;
  readonly method: LocalMethod;
  readonly settings: AsifSettings;
}

export const openFrame = async (
  view: AnchorView,
  method: LocalMethod,
  settings: AsifSettings,
): Promise<Frame> => {
  const [image, text] = await Promise.all([
    view.look("image", settings.transform),
    view.look("text", settings.transform),
  ]);
  return { view, image, text, method, settings };
};

/** Names the fits that a frame looks through. */
export const keyOfLooks = ({ image, text }: Pick<Frame, "image" | "text">): string =>
  JSON.stringify([image, text].map((look) => [look.transform, look.transformVersion]));

/** How many neighbours the method needs of each input. */
export const widthOf = ({ method, settings }: Frame): number =>
  method === "local" ? NEAREST : Math.max(NEAREST, settings.k);

/** The nearest anchors of raw vectors, and these as they are compared. */
export const nearestIn = async (
  frame: Frame,
  modality: Modality,
  queries: Float32Array,
  k: number,
): Promise<{ readonly neighbours: Neighbours; readonly transformed: Float32Array }> => {
  const { view, settings } = frame;
  const { neighbours, transformed, plan } = await view.search(modality, queries, { ...settings, k });
  const look = frame[modality];
  if (plan.transformVersion === look.transformVersion) return { neighbours, transformed };
  // A new fit came meanwhile; what the frame holds is of the one before.
  const again = await look.show(queries);
  const { allow } = settings;
  return {
    transformed: again,
    neighbours: await look.search(again, { k, ...(allow === undefined ? {} : { allow }) }),
  };
};

/** Texts in the form in which images are scored with them. */
export interface LocalTexts {
  readonly count: number;
  /** Null for the method `local`. */
  readonly relative: RelativeRepresentations | null;
  readonly local: LocalRows;
  /** As they are compared, `[count, d]` row-major. */
  readonly transformed: Float32Array;
}

/** How much memory some texts take, in values of 16 bytes. */
export const entriesOf = ({ relative, local, transformed }: LocalTexts): number =>
  (relative?.slots.length ?? 0) +
  local.slots.length +
  Math.ceil(local.directions.length / 2 + transformed.length / 4);

/** The relative representations by the first k of each row; null where the method needs none. */
const relativeOf = ({ method, settings }: Frame, neighbours: Neighbours): RelativeRepresentations | null =>
  method === "local"
    ? null
    : represent(
        { ...neighbours, counts: neighbours.counts.map((count) => Math.min(count, settings.k)) },
        settings,
      );

/** @param sizes absent: each text for itself; else groups of so many, each by the normalised means of its texts */
export const localTexts = async (
  frame: Frame,
  prompts: Float32Array,
  sizes?: readonly number[],
): Promise<LocalTexts> => {
  const { neighbours, transformed } = await nearestIn(frame, "text", prompts, widthOf(frame));
  const made = await prepareRows(frame, "text", neighbours, transformed, createSlices());
  return sizes === undefined ? made : meanTexts(made, sizes, frame.view.slotCount);
};

/** Groups of consecutive texts, each by the normalised means of what its texts are. */
export const meanTexts = (
  { relative, local, transformed }: LocalTexts,
  sizes: readonly number[],
  slotCount: number,
): LocalTexts => ({
  count: sizes.length,
  relative: relative === null ? null : meanRepresentations(relative, sizes, slotCount),
  local: meanLocalRows(local, sizes, slotCount),
  transformed: meanUnitRows(transformed, sizes),
});

/** Inputs of one modality by their neighbours, in the form in which they are scored with those of the other one. */
export const prepareRows = async (
  frame: Frame,
  modality: Modality,
  neighbours: Neighbours,
  transformed: Float32Array,
  slices: Slices,
  before?: SolvedRows,
): Promise<LocalTexts> => ({
  count: neighbours.counts.length,
  relative: relativeOf(frame, neighbours),
  local: await localRows(neighbours, frame[modality], frame[OTHER_MODALITY[modality]], slices, before),
  transformed,
});

/** Images in the form in which they are scored, which is that of texts with sides exchanged. */
export type LocalImages = LocalTexts;

export const localImages = async (frame: Frame, images: Float32Array): Promise<LocalImages> => {
  const { neighbours, transformed } = await nearestIn(frame, "image", images, widthOf(frame));
  return prepareRows(frame, "image", neighbours, transformed, createSlices());
};

/** Captions that scores are brought to one scale by, or half of the anchors where these are fewer. */
const MOST_REFERENCES = 512;
/** Maximum number of states of the anchors (a view and a filter) whose references are kept. */
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
  // The most recently used comes last.
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
  const { neighbours, transformed } = await nearestIn(frame, "text", view.vectors("text", slots), width + 1);
  const others = withoutSelf(neighbours, slots, width);
  const texts = await prepareRows(
    frame,
    "text",
    others,
    transformed,
    createSlices(),
    solvedRows(frame, slots),
  );
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
