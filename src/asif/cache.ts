import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { transformText } from "../api/transforms.ts";
import type { AnchorView } from "../retrieval/index.ts";
import { entriesOf, type LocalTexts } from "./local/index.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

/** Capacity in entries of sparse rows, about 16 bytes each. */
const MAX_ENTRIES = 4_000_000;

/**
 * Caches the representations of class prompts, which are the same for every image. A view is one state of the
 * anchors, so an entry is valid for as long as its view exists.
 */
export interface PromptCache<Rows extends object> {
  readonly get: (
    view: AnchorView,
    settings: AsifSettings,
    prompts: Float32Array,
    /** What the rows depend on besides the view and the texts. */
    form: string,
    make: () => Promise<Rows>,
  ) => Promise<Rows>;
}

/** The caches of class prompts, one for each kind of method. */
export interface RepresentationCache {
  readonly relative: PromptCache<RelativeRepresentations>;
  readonly local: PromptCache<LocalTexts>;
}

export const createRepresentationCache = (): RepresentationCache => ({
  relative: createPromptCache((rows) => rows.slots.length),
  local: createPromptCache(entriesOf),
});

/** @param entriesOf size of a value in entries; the least recently used values are dropped first */
export const createPromptCache = <Rows extends object>(
  entriesOf: (rows: Rows) => number,
): PromptCache<Rows> => {
  const identities = new WeakMap<object, number>();
  let next = 0;
  const identityOf = (object: object): number => {
    const known = identities.get(object);
    if (known !== undefined) return known;
    identities.set(object, ++next);
    return next;
  };
  const cache = new LRUCache<string, Rows>({
    maxSize: MAX_ENTRIES,
    sizeCalculation: (rows) => entriesOf(rows) + 1,
  });

  return {
    get: async (view, settings, prompts, form, make) => {
      const { k, p, negatives = "cut", transform, allow, exact, ef } = settings;
      const digest = createHash("sha256")
        .update(new Uint8Array(prompts.buffer, prompts.byteOffset, prompts.byteLength))
        .update(allow ?? "")
        .digest("base64");
      const key = [
        identityOf(view),
        view.fitVersion("text", transform),
        k,
        p,
        negatives,
        transformText(transform),
        exact,
        ef,
        form,
        digest,
      ].join(" ");
      const known = cache.get(key);
      if (known !== undefined) return known;
      const made = await make();
      cache.set(key, made);
      return made;
    },
  };
};
