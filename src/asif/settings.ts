import { isPlugged, type CoreMethod, type Member, type Method } from "../api/methods.ts";
import type { Transform } from "../api/transforms.ts";
import { entryOf } from "../errors.ts";
import { bandOf, FEWEST_TO_WHITEN, kindFor, whiteningOf } from "../retrieval/index.ts";
import type { AsifParameters, AsifSetting } from "../types.ts";
import type { MethodPlug } from "./plug.ts";

const MODALITIES = ["image", "text"] as const;

/** The parts of a transform that the default power p depends on. */
type Treatment = "none" | "center" | "whiten";

/** Number of anchors per query. Beyond a few hundred it hardly matters if similarities below zero are cut. */
const AUTO_K: Readonly<Record<Treatment, number>> = { none: 100, center: 400, whiten: 400 };

/** By the lower bound of the band of anchor counts; measured, see docs/methods.md. */
const AUTO_P: Readonly<Record<Treatment, (from: number) => number>> = {
  none: () => 16,
  center: (from) => (from < 512 ? 3 : from < 1_024 ? 4 : 8),
  whiten: (from) => (from < 1_024 ? 1.5 : 2),
};

/**
 * The k and p that `auto` resolves to. They depend only on the transform and on the number of live anchors, and
 * change only where that number crosses a power of 2.
 *
 * @example
 * ```ts
 * autoParameters("auto", 10_000); // { k: 400, p: 2 }
 * autoParameters("auto", 12); // { k: 400, p: 3 }: so few anchors are centred
 * ```
 */
export const autoParameters = (transform: Transform, anchors: number): Pick<AsifParameters, "k" | "p"> => {
  const treatment = treatmentOf(transform, anchors);
  return { k: AUTO_K[treatment], p: AUTO_P[treatment](bandOf(anchors).from) };
};

/** The stronger of the transforms of images and texts. */
const treatmentOf = (transform: Transform, anchors: number): Treatment => {
  const kinds = MODALITIES.map((modality) => kindFor(modality, transform, anchors));
  if (kinds.some((kind) => whiteningOf(kind) !== null)) return "whiten";
  return kinds.includes("center") ? "center" : "none";
};

/**
 * The method of a new collection that names none: `asif+local` through the transform `auto` with encoders of the registry,
 * where it was measured ahead of `asif` (docs/methods.md); else `asif`.
 */
export const defaultMethod = (transform: Transform, external: boolean): "asif" | "asif+local" =>
  transform === "auto" && !external ? "asif+local" : "asif";

/** The settings with `auto` resolved. */
export const parametersFor = (
  { k, p }: Pick<AsifSetting, "k" | "p">,
  transform: Transform,
  anchors: number,
): Pick<AsifParameters, "k" | "p"> => {
  const auto = autoParameters(transform, anchors);
  return { k: k === "auto" ? auto.k : k, p: p === "auto" ? auto.p : p };
};

/** Describes in one sentence what `auto` resolves to for a number of anchors. */
export const autoRule = (transform: Transform, anchors: number): string => {
  const { k, p } = autoParameters(transform, anchors);
  const { from, to } = bandOf(anchors);
  const treatment = treatmentOf(transform, anchors);
  const how = {
    none: "vectors are compared as they are",
    center: "vectors are centred",
    whiten: "vectors are whitened",
  }[treatment];
  const few =
    transform === "auto" && anchors < FEWEST_TO_WHITEN
      ? `; fewer than ${FEWEST_TO_WHITEN} anchors are centred, not whitened`
      : "";
  return `k = ${k} and p = ${p}, for ${how} and there are ${from} to ${to} anchors${few}`;
};

interface MethodTraits {
  /** Whether scores are sums over anchors, which can be listed. */
  readonly explainable: boolean;
  /** Whether canonical directions are compared; `rank` is their number. */
  readonly canonical: boolean;
}

export const METHOD_TRAITS: Readonly<Record<CoreMethod, MethodTraits>> = {
  asif: { explainable: true, canonical: false },
  csa: { explainable: false, canonical: true },
  orthogonal: { explainable: false, canonical: false },
  ridge: { explainable: false, canonical: false },
  "asif-csa": { explainable: true, canonical: true },
  local: { explainable: true, canonical: false },
  "asif+local": { explainable: true, canonical: false },
  consensus: { explainable: false, canonical: true },
};

/** The options that a method supports; a plugged one has no contributions and no directions. */
export const traitsOf = (method: Method): MethodTraits =>
  isPlugged(method) ? { explainable: false, canonical: false } : entryOf(METHOD_TRAITS, method, "method");

/** What methods other than `asif` depend on besides. */
export interface MethodSettings {
  /** Canonical directions that `csa` and `asif-csa` compare by, the most correlated first; absent: 512. */
  readonly rank?: number;
  /** Of a consensus; absent: `DEFAULT_MEMBERS`. */
  readonly members?: readonly Member[];
  /** What scores where the method is not the core's own. */
  readonly plug?: MethodPlug;
}
