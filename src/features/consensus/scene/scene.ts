import { transformText } from "../../../api/transforms.ts";
import {
  relativeRepresentations,
  representAnchors,
  spacedSlots,
  type MethodSettings,
  type AsifSettings,
  type RelativeRepresentations,
} from "../../../asif/index.ts";
import type { AnchorView, Slot } from "../../../retrieval/index.ts";
import type { Modality } from "../../../types.ts";
import type { Payload } from "../types.ts";
import { createMemo } from "./memo.ts";
import { joinRows, representationRows, type RepresentationRow } from "./rows.ts";

/** What is judged about: images, texts, or both. */
export interface Condition {
  /** Raw vectors, `[n, d]` row-major; several are frames of one, and what is said of them is averaged. */
  readonly images: Float32Array;
  readonly texts: Float32Array;
  /** Anchors that the condition itself is: they do not serve as memory. */
  readonly self?: readonly Slot[];
}

export interface SceneOptions {
  readonly view: AnchorView;
  readonly settings: AsifSettings & Pick<MethodSettings, "rank">;
  readonly condition: Condition;
  /** The vector of each of some texts, `[d]`; undefined of one that cannot be embedded. */
  readonly embed: (texts: readonly string[]) => Promise<readonly (Float32Array | undefined)[]>;
  /** Holds `{}` once, where the text of a proposal goes before it is embedded; absent: `{}`. */
  readonly template?: string;
}

/** Something with a vector. */
export interface Item {
  /** Of equal items it is equal. */
  readonly key: string;
  readonly modality: Modality;
  /** Raw, `[d]`. */
  readonly vector: Float32Array;
}

/**
 * What the scorers and generators of one run have in common: the anchors, the condition, and everything about it and
 * about proposals that is computed once, on first use.
 */
export interface Scene {
  readonly view: AnchorView;
  readonly settings: SceneOptions["settings"];
  readonly condition: Readonly<Record<Modality, readonly Item[]>>;
  /** Anchors that serve as memory, in the order of their ids. */
  readonly slots: () => Int32Array;
  /** One byte a slot: those; absent where all do. */
  readonly allow: Uint8Array | undefined;
  /** Each payload as something with a vector of a modality; undefined where it is none. */
  readonly itemsOf: (
    payloads: readonly Payload[],
    modality: Modality,
  ) => Promise<readonly (Item | undefined)[]>;
  readonly texts: (texts: readonly string[]) => Promise<readonly (Item | undefined)[]>;
  /** Relative representations, a row an item. */
  readonly represent: (items: readonly Item[]) => Promise<RelativeRepresentations>;
  /** As the collection's transform shows them: unit vectors. */
  readonly show: (items: readonly Item[]) => Promise<readonly Float32Array[]>;
  /** The nearest anchors of each item by its own modality, best first. */
  readonly nearest: (items: readonly Item[], k: number) => Promise<readonly NearAnchors[]>;
  /** Up to 256 anchors, evenly spaced, to measure others against. */
  readonly background: (modality: Modality) => Background;
}

/** Anchors near to something, with their cosine similarities. */
export interface NearAnchors {
  readonly slots: Int32Array;
  readonly similarities: Float32Array;
}

export interface Background {
  readonly slots: Int32Array;
  readonly items: readonly Item[];
  /** Each by the anchors without itself. */
  readonly represented: () => Promise<RelativeRepresentations>;
}

const SLOT = "{}";

export const createScene = ({ view, settings, condition, embed, template = SLOT }: SceneOptions): Scene => {
  const self = new Set(condition.self ?? []);
  const allow = allowedOf(view, settings.allow, self);
  const searched = { ...settings, ...(allow === undefined ? {} : { allow }) };
  let inOrder: Int32Array | undefined;
  const slots = (): Int32Array =>
    (inOrder ??=
      allow === undefined ? view.liveSlots() : view.liveSlots().filter((slot) => allow[slot] === 1));

  const embedded = createMemo(async (items: readonly { key: string }[]) => {
    const vectors = await embed(items.map(({ key }) => key));
    return items.map(({ key }, i) => ({
      key: `text ${key}`,
      modality: "text" as const,
      vector: vectors[i] ?? null,
    }));
  });
  const texts = async (given: readonly string[]): Promise<(Item | undefined)[]> =>
    (await embedded(given.map((key) => ({ key })))).map(({ vector, ...item }) =>
      vector === null ? undefined : { ...item, vector },
    );

  const representations = {
    image: createMemo((items: readonly Item[]) => representRows(items, "image")),
    text: createMemo((items: readonly Item[]) => representRows(items, "text")),
  };
  const representRows = async (items: readonly Item[], modality: Modality): Promise<RepresentationRow[]> =>
    representationRows(
      (await relativeRepresentations(view, modality, flat(items), searched)).representations,
    );

  const shown = createMemo(async (items: readonly Item[]) => {
    const [first] = items;
    const look = await view.look(first?.modality ?? "image", settings.transform);
    const rows = await look.show(flat(items));
    const d = rows.length / items.length;
    return items.map((_, i) => rows.subarray(i * d, (i + 1) * d));
  });

  const nearest = async (items: readonly Item[], k: number): Promise<NearAnchors[]> => {
    const [first] = items;
    if (first === undefined) return [];
    const { neighbours } = await view.search(first.modality, flat(items), { ...searched, k });
    const { width, counts } = neighbours;
    return items.map((_, row) => {
      const [from, to] = [row * width, row * width + (counts[row] ?? 0)];
      return { slots: neighbours.slots.slice(from, to), similarities: neighbours.scores.slice(from, to) };
    });
  };

  const nearestKept = new Map<number, ReturnType<typeof createMemo<Item, NearAnchors>>>();

  const itemOf = (payload: Payload, modality: Modality): Item | undefined => {
    if (payload.kind === "vector" && payload.modality === modality)
      return {
        key: `vector ${modality} ${payload.vector.join()}`,
        modality,
        vector: Float32Array.from(payload.vector),
      };
    if (payload.kind !== "anchor" || modality !== "image") return undefined;
    const slot = view.slotOf(payload.anchor);
    return slot === undefined ? undefined : anchorItem(view, modality, slot);
  };

  return {
    view,
    settings,
    condition: {
      image: rowsOf(view, "image", condition.images),
      text: rowsOf(view, "text", condition.texts),
    },
    slots,
    allow,
    texts,
    itemsOf: async (payloads, modality) => {
      const words = payloads.map((payload) =>
        modality === "text" && payload.kind === "text"
          ? template.replaceAll(SLOT, () => payload.text)
          : undefined,
      );
      const items = await texts(words.filter((word) => word !== undefined));
      let next = 0;
      return payloads.map((payload, i) =>
        words[i] === undefined ? itemOf(payload, modality) : items[next++],
      );
    },
    represent: async (items) => joinRows(await representations[items[0]?.modality ?? "image"](items)),
    show: shown,
    nearest: (items, k) => {
      const known = nearestKept.get(k) ?? createMemo((missing: readonly Item[]) => nearest(missing, k));
      nearestKept.set(k, known);
      return known(items);
    },
    background: (modality) => {
      const { transform, exact, ef } = settings;
      const form = ["asif", transformText(transform), view.fitVersion(modality, transform), exact, ef].join(
        " ",
      );
      const spaced = spacedSlots(view, settings.allow);
      const others = spaced.filter((slot) => !self.has(slot));
      return {
        slots: others,
        items: Array.from(others, (slot) => anchorItem(view, modality, slot)),
        represented: async () => {
          // What a condition leaves out is left out of what is kept for all conditions.
          const key = settings.allow === undefined ? form : null;
          const rows = await representAnchors(
            view,
            modality,
            spaced,
            settings,
            key,
            async (vectors, width) => {
              const { neighbours } = await view.search(modality, vectors, { ...settings, k: width });
              return neighbours;
            },
          );
          if (others.length === spaced.length) return rows;
          return joinRows(representationRows(rows).filter((_, i) => !self.has(spaced[i] ?? -1)));
        },
      };
    },
  };
};

export const anchorItem = (view: AnchorView, modality: Modality, slot: Slot): Item => ({
  key: `anchor ${modality} ${slot}`,
  modality,
  vector: view.vectors(modality, [slot]),
});

/** Vectors of items of one modality one after another, `[n, d]`. */
export const flat = (items: readonly { readonly vector: Float32Array }[]): Float32Array => {
  const d = items[0]?.vector.length ?? 0;
  const rows = new Float32Array(items.length * d);
  items.forEach(({ vector }, i) => rows.set(vector, i * d));
  return rows;
};

const rowsOf = (view: AnchorView, modality: Modality, vectors: Float32Array): Item[] => {
  const d = view.dimension(modality);
  return Array.from({ length: vectors.length / d }, (_, i) => ({
    key: `condition ${modality} ${i}`,
    modality,
    vector: vectors.subarray(i * d, (i + 1) * d),
  }));
};

const allowedOf = (
  view: AnchorView,
  allow: Uint8Array | undefined,
  self: ReadonlySet<Slot>,
): Uint8Array | undefined => {
  if (self.size === 0) return allow;
  const left = allow?.slice() ?? view.bitmap(() => true);
  for (const slot of self) left[slot] = 0;
  return left;
};
