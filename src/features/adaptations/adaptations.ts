import { LRUCache } from "lru-cache";
import type { Core } from "../../collections/index.ts";
import type { AdaptImages } from "../../collections/adapted.ts";
import { bitmapOf, resolve, type Queried } from "../../collections/question.ts";
import { AnchorageError, invalidField, isAnchorageError, notFound } from "../../errors.ts";
import type { CollectionName } from "../../types.ts";
import { applyAlignment } from "./align.ts";
import type { Adaptation, AdaptationRequest, ImageSource } from "./api.ts";
import { fitAdaptation, imagesOf, lookAt, type Unlabelled } from "./fit.ts";
import {
  findAdaptation,
  findAdaptationTime,
  listAdaptations,
  removeAdaptation,
  saveAdaptation,
  type AdaptationOutline,
  type AdaptationRecipe,
  type AdaptationRecord,
} from "./table.ts";

/** Adaptations in memory, about 1 MB each. */
const CACHED = 50;

/** Alignments of images in another style with a collection's anchors. */
export interface Adaptations {
  /**
   * Fits and stores an adaptation.
   *
   * @throws AnchorageError `unprocessable` for fewer than 20 images, a collection that does not whiten images, or a
   * `from` of another image encoder; `conflict` if the id is taken
   */
  readonly create: (name: CollectionName, request: AdaptationRequest) => Promise<Adaptation>;
  readonly list: (name: CollectionName) => Promise<readonly Adaptation[]>;
  /** @throws AnchorageError `not-found` */
  readonly get: (name: CollectionName, id: string) => Promise<Adaptation>;
  /** @throws AnchorageError `not-found` */
  readonly remove: (name: CollectionName, id: string) => Promise<void>;
  readonly adaptImages: AdaptImages;
}

/** The parts of the core that adaptations need. */
type AdaptingCore = Pick<Core, "collections" | "store">;

export const createAdaptations = ({ collections, store }: AdaptingCore): Adaptations => {
  const cache = new LRUCache<string, AdaptationRecord>({ max: CACHED });
  const refits = new Map<string, Promise<AdaptationRecord>>();

  const imagesFrom = async (queried: Pick<Queried, "record">, from: ImageSource): Promise<Unlabelled> => {
    const source = await collections.queried(from.collection);
    const [own, other] = [queried.record.imageEncoder, source.record.imageEncoder];
    if (own.key !== other.key)
      throw invalidField(
        ["from", "collection"],
        `has images by "${other.id}"; this collection's are by "${own.id}"`,
        "unprocessable",
      );
    const { record, view } = source;
    return {
      vectors: imagesOf(view, await bitmapOf(view, from.filter)),
      source: { key: record.key, sequence: view.sequence },
    };
  };

  const fit = async (
    queried: Pick<Queried, "record" | "view">,
    id: string,
    recipe: AdaptationRecipe,
    images: Unlabelled,
    replace: boolean,
  ): Promise<AdaptationRecord> => {
    const fitted = await fitAdaptation(queried, images.vectors, recipe);
    const record = {
      id,
      sequence: queried.view.sequence,
      at: new Date(),
      sourceKey: images.source?.key ?? null,
      sourceSequence: images.source?.sequence ?? null,
      recipe,
      ...fitted,
    };
    await saveAdaptation(store, queried.record, record, replace);
    return record;
  };

  /** The present state of a stored adaptation, fitted again where it must be. */
  const current = async (
    queried: Pick<Queried, "record" | "view">,
    id: string,
  ): Promise<AdaptationRecord> => {
    const { record: collection } = queried;
    const at = await findAdaptationTime(store, collection, id);
    if (at === null) throw notFound("adaptation", id);
    const key = [collection.key, id, at.getTime()].join(" ");
    const found = cache.get(key) ?? (await findAdaptation(store, collection, id));
    if (found === null) throw notFound("adaptation", id);
    cache.set(key, found);
    const { transformVersion } = await lookAt(queried);
    if (found.alignment !== null && found.detail.transformVersion === transformVersion) return found;
    cache.delete(key);
    const { recipe } = found;
    if (recipe.from === null) throw stale(id);
    const running = refits.get(key) ?? refit(queried, id, recipe, recipe.from);
    refits.set(key, running);
    return running.finally(() => refits.delete(key));
  };

  const refit = async (
    queried: Pick<Queried, "record" | "view">,
    id: string,
    recipe: AdaptationRecipe,
    from: ImageSource,
  ): Promise<AdaptationRecord> => {
    try {
      return await fit(queried, id, recipe, await imagesFrom(queried, from), true);
    } catch (error) {
      if (!isAnchorageError(error)) throw error;
      throw new AnchorageError(
        "conflict",
        `${stale(id).message} It cannot be fitted again: ${error.message}`,
      );
    }
  };

  const describe = async (
    { record, view }: Queried,
    { id, at, sequence, sourceKey, recipe, detail }: AdaptationOutline,
    erased: boolean,
  ): Promise<Adaptation> => ({
    id,
    ...detail,
    sequence,
    fittedAt: at,
    from: recipe.from,
    fromDeleted: recipe.from !== null && (await keyOf(recipe.from.collection)) !== sourceKey,
    state:
      erased || view.fitVersion("image", record.transform) !== detail.transformVersion ? "stale" : "ready",
  });

  const keyOf = async (name: CollectionName): Promise<number | null> => {
    try {
      return (await collections.queried(name)).record.key;
    } catch (error) {
      if (isAnchorageError(error) && error.code === "not-found") return null;
      throw error;
    }
  };

  const list: Adaptations["list"] = async (name) => {
    const queried = await collections.queried(name);
    const found = await listAdaptations(store, queried.record);
    return Promise.all(found.map(({ erased, ...outline }) => describe(queried, outline, erased)));
  };

  return {
    create: async (name, { id, images, from, covariance, seed = 0 }) => {
      const queried = await collections.queried(name);
      const recipe = { from: from ?? null, covariance: covariance ?? null, seed };
      const unlabelled =
        from === undefined
          ? {
              vectors: await resolve(
                queried,
                "image",
                (images ?? []).map((value, i) => ({ value, path: ["images", i] })),
                collections.encoding,
              ),
              source: null,
            }
          : await imagesFrom(queried, from);
      const { alignment, ...outline } = await fit(queried, id, recipe, unlabelled, false);
      return describe(queried, outline, alignment === null);
    },

    list,

    get: async (name, id) => {
      const found = (await list(name)).find((adaptation) => adaptation.id === id);
      if (found === undefined) throw notFound("adaptation", id);
      return found;
    },

    remove: async (name, id) => {
      const { record } = await collections.queried(name);
      if (!(await removeAdaptation(store, record, id))) throw notFound("adaptation", id);
    },

    adaptImages: async (queried, { adaptation: id, transform }, images) => {
      const { alignment } = await current(queried, id);
      const { record } = queried;
      if (transform !== undefined && transform !== record.transform)
        throw invalidField(
          ["transform"],
          `is another than the collection's, which the adaptation "${id}" is for`,
          "unprocessable",
        );
      if (alignment === null) throw stale(id);
      const look = await lookAt(queried);
      return look.lift(await applyAlignment(alignment, await look.show(images)));
    },
  };
};

const stale = (id: string): AnchorageError =>
  new AnchorageError(
    "conflict",
    `The adaptation "${id}" is of another fit of the transform or was erased; delete it and post the images again.`,
  );
