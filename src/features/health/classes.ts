import { median } from "../../math/statistics.ts";
import type { AnchorView, Slot } from "../../retrieval/index.ts";

/** A class with less than this share of the usual number of anchors has thin support. */
const THIN = 0.25;
/** A caption is shared by many from this number of anchors on, */
const MANY = 10;
/** and from this multiple of the usual number. */
const MANY_TIMES = 4;
/** Classes of fewer anchors, usually, are no classes: one cannot be thinner than another. */
const FEWEST_USUAL = 3;

/** The value that names a class. */
export type ClassValue = string | number | boolean;

export interface AnchorClass {
  readonly value: ClassValue;
  readonly members: readonly Slot[];
}

/**
 * The classes of a view: the values of a metadata field, or the captions. Anchors without one are in no class; of a list
 * each element is a class.
 */
export const classesOf = (view: AnchorView, by: string | undefined): AnchorClass[] => {
  const classes = new Map<ClassValue, Slot[]>();
  for (const slot of view.liveSlots())
    for (const value of valuesOf(view, slot, by)) {
      const known = classes.get(value);
      if (known === undefined) classes.set(value, [slot]);
      else known.push(slot);
    }
  return [...classes].map(([value, members]) => ({ value, members }));
};

const valuesOf = (view: AnchorView, slot: Slot, by: string | undefined): ReadonlySet<ClassValue> => {
  const { caption, metadata } = view.entry(slot);
  const found = by === undefined ? caption : Object.hasOwn(metadata, by) ? metadata[by] : undefined;
  const values: readonly unknown[] = Array.isArray(found) ? found : [found];
  return new Set(values.filter(isClassValue));
};

const isClassValue = (value: unknown): value is ClassValue =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

export interface ThinClass extends AnchorClass {
  /** Its anchors, each duplicated pair counted once. */
  readonly support: number;
  /** The median support of the classes. */
  readonly usual: number;
}

/**
 * Classes with less than a quarter of the usual support. Duplicated pairs count once, since a copy adds nothing new.
 *
 * @param pairOf gives duplicates the same text
 * @returns the thinnest first; null where classes usually have fewer than three anchors
 */
export const findThinClasses = (
  classes: readonly AnchorClass[],
  pairOf: (slot: Slot) => string,
): ThinClass[] | null => {
  if (classes.length === 0) return null;
  const supports = classes.map(({ members }) => new Set(members.map(pairOf)).size);
  const usual = median(supports);
  if (usual < FEWEST_USUAL) return null;
  return classes
    .map((each, i) => ({ ...each, support: supports[i] ?? 0, usual }))
    .filter(({ support }) => support < THIN * usual)
    .sort((a, b) => a.support - b.support);
};

/**
 * Captions that at least 10 anchors have, and at least 4 times as many as the median caption: such a caption says little
 * about each picture, and answers to it are spread over all of them.
 *
 * @param captions the classes of the captions
 * @returns the most shared first
 */
export const findSharedCaptions = (captions: readonly AnchorClass[]): AnchorClass[] => {
  if (captions.length === 0) return [];
  const least = Math.max(MANY, MANY_TIMES * median(captions.map(({ members }) => members.length)));
  return captions
    .filter(({ members }) => members.length >= least)
    .sort((a, b) => b.members.length - a.members.length);
};
