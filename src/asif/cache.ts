import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { AnchorView } from "../retrieval/index.ts";
import type { AsifSettings, RelativeRepresentations } from "./types.ts";

/** Entries of sparse rows that are kept, some 16 bytes each. */
const MAX_ENTRIES = 4_000_000;

/**
 * Remembers the representations of class prompts, which are the same from one image to the next. A view stands for one
 * state of the anchors, so what is remembered for it holds as long as it does.
 */
export interface RepresentationCache {
  readonly get: (
    view: AnchorView,
    settings: AsifSettings,
    prompts: Float32Array,
    /** What else the rows depend on. */
    form: string,
    make: () => Promise<RelativeRepresentations>,
  ) => Promise<RelativeRepresentations>;
}

export const createRepresentationCache = (): RepresentationCache => {
  const identities = new WeakMap<object, number>();
  let next = 0;
  const identityOf = (object: object): number => {
    const known = identities.get(object);
    if (known !== undefined) return known;
    identities.set(object, ++next);
    return next;
  };
  const cache = new LRUCache<string, RelativeRepresentations>({
    maxSize: MAX_ENTRIES,
    sizeCalculation: (rows) => rows.slots.length + 1,
  });

  return {
    get: async (view, settings, prompts, form, make) => {
      const { k, p, transform, allow, exact, ef } = settings;
      const digest = createHash("sha256")
        .update(new Uint8Array(prompts.buffer, prompts.byteOffset, prompts.byteLength))
        .update(allow ?? "")
        .digest("base64");
      const key = [
        identityOf(view),
        view.fitVersion("text", transform),
        k,
        p,
        transform,
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
