import type { Slices } from "../../math/slices.ts";
import { createSlices } from "../../math/slices.ts";
import type { AnchorView, Look, Neighbours } from "../../retrieval/index.ts";
import { OTHER_MODALITY, type Modality } from "../../types.ts";
import { meanRepresentations, represent } from "../relative.ts";
import type { AsifSettings, RelativeRepresentations } from "../types.ts";
import { localRows, meanLocalRows, meanUnitRows, NEAREST, type LocalRows, type SolvedRows } from "./rows.ts";

/** Methods with a regression over the nearest anchors. */
export type LocalMethod = "local" | "asif+local";

/** What one request is answered by: the anchors as one fit of each transform shows them. */
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
): Promise<{ readonly neighbours: Neighbours; readonly shown: Float32Array }> => {
  const { view, settings } = frame;
  const { neighbours, shown, plan } = await view.search(modality, queries, { ...settings, k });
  const look = frame[modality];
  if (plan.transformVersion === look.transformVersion) return { neighbours, shown };
  // A new fit came meanwhile; what the frame holds is of the one before.
  const again = await look.show(queries);
  const { allow } = settings;
  return {
    shown: again,
    neighbours: await look.search(again, { k, ...(allow === undefined ? {} : { allow }) }),
  };
};

/** Texts in the form in which images are scored with them. */
export interface LocalTexts {
  readonly count: number;
  /** Null by `local` alone. */
  readonly relative: RelativeRepresentations | null;
  readonly local: LocalRows;
  /** As they are compared, `[count, d]` row-major. */
  readonly shown: Float32Array;
}

/** How much memory some texts take, in values of 16 bytes. */
export const entriesOf = ({ relative, local, shown }: LocalTexts): number =>
  (relative?.slots.length ?? 0) +
  local.slots.length +
  Math.ceil(local.directions.length / 2 + shown.length / 4);

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
  const { neighbours, shown } = await nearestIn(frame, "text", prompts, widthOf(frame));
  const made = await prepareRows(frame, "text", neighbours, shown, createSlices());
  return sizes === undefined ? made : meanTexts(made, sizes, frame.view.slotCount);
};

/** Groups of consecutive texts, each by the normalised means of what its texts are. */
export const meanTexts = (
  { relative, local, shown }: LocalTexts,
  sizes: readonly number[],
  slotCount: number,
): LocalTexts => ({
  count: sizes.length,
  relative: relative === null ? null : meanRepresentations(relative, sizes, slotCount),
  local: meanLocalRows(local, sizes, slotCount),
  shown: meanUnitRows(shown, sizes),
});

/** Inputs of one modality by their neighbours, in the form in which they are scored with those of the other one. */
export const prepareRows = async (
  frame: Frame,
  modality: Modality,
  neighbours: Neighbours,
  shown: Float32Array,
  slices: Slices,
  before?: SolvedRows,
): Promise<LocalTexts> => ({
  count: neighbours.counts.length,
  relative: relativeOf(frame, neighbours),
  local: await localRows(neighbours, frame[modality], frame[OTHER_MODALITY[modality]], slices, before),
  shown,
});
