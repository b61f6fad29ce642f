import {
  createScene,
  type Condition,
  type Scene,
  type SceneOptions,
} from "../../src/features/consensus/scene/index.ts";
import type { Payload, Proposal } from "../../src/features/consensus/index.ts";
import { openAnchorSpace, type AnchorView } from "../../src/retrieval/index.ts";
import type { Metadata, Sequence } from "../../src/types.ts";
import { idOf, settings } from "./anchor-space.ts";
import type { NaiveAnchor } from "./naive-asif.ts";

/** An anchor with words about it. */
export interface WrittenAnchor extends NaiveAnchor {
  readonly caption?: string;
  readonly metadata?: Metadata;
}

export const writtenView = async (anchors: readonly WrittenAnchor[]): Promise<AnchorView> => {
  const space = await openAnchorSpace({
    imageDimension: anchors[0]?.image.length ?? 1,
    textDimension: anchors[0]?.text.length ?? 1,
    transform: "none",
  });
  const upserts = anchors.map(({ id, image, text, caption, metadata }) => ({
    id: idOf(id),
    caption: caption ?? `caption of ${id}`,
    metadata: metadata ?? {},
    imageVector: Float32Array.from(image),
    textVector: Float32Array.from(text),
  }));
  space.apply({ sequence: 1 as Sequence, upserts, deletes: [] });
  return space.view();
};

/** A scene whose texts have the vectors of a table; others cannot be embedded. */
export const sceneOf = (
  view: AnchorView,
  condition: Partial<Condition>,
  more: Partial<SceneOptions> & { readonly vectors?: ReadonlyMap<string, readonly number[]> } = {},
): Scene => {
  const { vectors = new Map<string, readonly number[]>(), ...rest } = more;
  return createScene({
    view,
    settings: settings(30, 2),
    condition: { images: new Float32Array(), texts: new Float32Array(), ...condition },
    embed: (texts) =>
      Promise.resolve(
        texts.map((text) => {
          const vector = vectors.get(text);
          return vector === undefined ? undefined : Float32Array.from(vector);
        }),
      ),
    ...rest,
  });
};

export const proposalOf = (payload: Payload): Proposal => ({
  payload,
  id: JSON.stringify(payload),
  parents: [],
  generator: "test",
  round: 1,
});

export const textProposals = (texts: readonly string[]): Proposal[] =>
  texts.map((text) => proposalOf({ kind: "text", text }));
