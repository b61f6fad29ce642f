import { defaultMethod } from "../asif/index.ts";
import { IMAGE_DEFAULTS, type CollectionChange, type ImageKeeping } from "../api/collections.ts";
import type { Compacted } from "../api/receipts.ts";
import type { EncoderRegistry } from "../encoders/index.ts";
import { AnchorageError, notFound } from "../errors.ts";
import {
  type Store,
  listCollections,
  createCollection,
  deleteCollection,
  findAnchors,
  findImage,
  meanImageBytes,
  existingIds,
  compareContents,
  listIdsFrom,
} from "../store/index.ts";
import type { Log } from "../types.ts";
import { describe } from "./describe.ts";
import { createAutoOffers } from "./auto-offer.ts";
import { chooseEncoder } from "./encoder-choice.ts";
import { createEncoding } from "./encoding.ts";
import { detail, detailWithVectors, listPage } from "./listing.ts";
import { createBuiltIndexes } from "./built-indexes.ts";
import { followOthers } from "./follow.ts";
import { createHooks } from "./hooks.ts";
import { createLoader } from "./load.ts";
import { requireMethod } from "./question.ts";
import { requireTransform } from "./transform-bounds.ts";
import { fitFirst, removeOtherFits } from "./transform-fits.ts";
import { createOpened } from "./opened.ts";
import { createMoving } from "./moving.ts";
import { createQueries } from "./queries.ts";
import { getReceipt, listReceiptPage } from "./receipts.ts";
import { createSnapshots } from "./snapshots.ts";
import type { Collections } from "./types.ts";
import { createWrites } from "./writes.ts";

/** Ids of a source in one answer, where the request names no limit. */
const IDS_A_PAGE = 1_000;

/** How long a stop may take to write what a start would otherwise read from Postgres. */
const SNAPSHOTS_WITHIN_MS = 4_000;

/**
 * Opens the store's collections and keeps memory and Postgres in step. A request to a collection that is not loaded, or
 * still loading, waits for it.
 *
 * @param indexDirectory where files about the indexes are; absent: none are read
 * @param preload whether every collection is loaded in the background now, rather than at first use
 */
export const openCollections = async (
  store: Store,
  encoders: EncoderRegistry,
  log: Log,
  preload = true,
  indexDirectory?: string,
): Promise<Collections> => {
  const encoding = createEncoding(encoders);
  const hooks = createHooks();
  const snapshots = indexDirectory === undefined ? undefined : createSnapshots(store, indexDirectory, log);
  const built = indexDirectory === undefined ? undefined : createBuiltIndexes(store, indexDirectory, log);
  const loader = createLoader(store, snapshots, log, indexDirectory, built, hooks);
  const memories = createOpened(store, loader, snapshots, built, log);
  const { opened, open, find, findAt, writeTo, forget, lose, forgettingLost } = memories;

  const offers = createAutoOffers(log);

  const checkChange: Collections["checkChange"] = async (name, { method, transform }) => {
    requireMethod(hooks.methods, method);
    const { record, space } = await find(name);
    const vectors = { image: record.imageEncoder, text: record.textEncoder };
    requireTransform(transform, vectors, space.view().size);
  };

  if (preload) {
    const records = await listCollections(store);
    await snapshots?.removeLost(records);
    await built?.removeLost(records);
    for (const record of records) void open(record).catch(() => undefined);
  }
  const following = followOthers(
    store,
    {
      opened,
      appeared: (record) => {
        if (preload) void open(record).catch(() => undefined);
      },
      vanished: lose,
    },
    log,
  );

  return {
    create: async (spec) => {
      requireMethod(hooks.methods, spec.method);
      const [imageEncoder, textEncoder] = await Promise.all([
        chooseEncoder(store, encoders, "image", spec.imageEncoder),
        chooseEncoder(store, encoders, "text", spec.textEncoder),
      ]);
      const external = imageEncoder.external || textEncoder.external;
      requireTransform(spec.transform, { image: imageEncoder, text: textEncoder }, 0);
      const transform = spec.transform ?? (external ? "none" : "auto");
      const record = await createCollection(store, {
        name: spec.name,
        imageEncoder,
        textEncoder,
        asif: { k: "auto", p: "auto", negatives: "cut", ...spec.asif },
        transform,
        method: spec.method ?? defaultMethod(transform, external),
        images: imagesOf(spec.images ?? {}, IMAGE_DEFAULTS),
        ...(spec.rank === undefined ? {} : { rank: spec.rank }),
        ...(spec.ensemble === undefined ? {} : { ensemble: spec.ensemble }),
      });
      return describe(await open(record));
    },

    list: async () => {
      const records = await listCollections(store);
      return Promise.all(records.map(async (record) => describe(await open(record))));
    },

    get: async (name, at) => {
      const collection = await findAt(name, at);
      const autoOffer = offers.of(collection);
      const imageBytes = await meanImageBytes(store, collection.record);
      return { ...describe(collection), imageBytes, ...(autoOffer === undefined ? {} : { autoOffer }) };
    },

    checkChange,

    update: async (name, changed, signal) => {
      await checkChange(name, changed);
      await fitFirst(await find(name), changed.transform);
      signal?.throwIfAborted();
      const changes =
        changed.images !== undefined ||
        Object.values({ ...changed, ...changed.asif }).some(
          (value) => typeof value !== "object" || value === null || "image" in value,
        );
      if (changes)
        await writeTo(name, (collection) => {
          const { images, ...rest } = changed;
          const kept = images === undefined ? {} : { images: imagesOf(images, collection.defaults().images) };
          return collection.changeDefaults({ ...rest, ...kept });
        });
      const collection = await find(name);
      if (changed.transform !== undefined) await removeOtherFits(store, collection);
      return describe(collection);
    },

    remove: async (name) => {
      const collection = opened.get(name);
      const receipt = await deleteCollection(store, name);
      await lose(name, collection);
      if (receipt === null) throw notFound("collection", name);
      return receipt.id;
    },

    ...createWrites(store, encoding, memories),

    getAnchor: async (name, id, { vectors = false, ...options } = {}) => {
      const { record } = await findAt(name, options);
      const [anchor] = await findAnchors(store, record, [id]);
      if (anchor === undefined) throw notFound("anchor", id);
      return vectors === false ? detail(anchor) : detailWithVectors(anchor, vectors);
    },

    listAnchors: async (name, page) => listPage(store, await findAt(name, page), page),

    getImage: async (name, id, size) => {
      const { record } = await find(name);
      const image =
        (size === "original" ? await findImage(store, record, id, size) : null) ??
        (await findImage(store, record, id));
      if (image !== null) return image;
      const known = await existingIds(store, record, [id]);
      throw known.has(id) ? notFound("image of anchor", id) : notFound("anchor", id);
    },

    existingIds: async (name, ids) => {
      const { record } = await find(name);
      return existingIds(store, record, ids);
    },

    compareAnchors: async (name, contents) => compareContents(store, (await find(name)).record, contents),

    idsOfSource: async (name, { container, after = null, limit = IDS_A_PAGE }) =>
      listIdsFrom(store, (await find(name)).record, container, { after, limit }),

    getReceipt: async (name, id) => getReceipt(store, (await find(name)).record, id),
    listReceipts: async (name, page) => listReceiptPage(store, (await find(name)).record, page),

    compact: async (name, tables = "rewrite"): Promise<Compacted> => {
      const started = performance.now();
      const { erasure } = await find(name);
      const erased = await forgettingLost(name, () => erasure.run(tables));
      return { ...erased, tables, tookMs: Math.round(performance.now() - started) };
    },

    adoptIndexes: async (name) => {
      const collection = await find(name);
      if (built === undefined)
        throw new AnchorageError("unavailable", "This process has no place for files.");
      return collection.erasure.apart(() => built.adopt(collection));
    },

    ...createQueries(store, encoding, memories, hooks),

    loading: memories.loading,
    behind: async () => {
      const records = await listCollections(store);
      // Without preloading, a collection that was not used yet is not expected in memory.
      const expected = records.filter(({ name }) => preload || opened.has(name));
      const caughtUp = await Promise.all(expected.map(memories.hasCaughtUp));
      return expected.filter((_, at) => caughtUp[at] !== true).map(({ name }) => name);
    },
    ...{ hooks, encoding, find: findAt, writeTo },
    moving: createMoving(loader, memories, built),

    close: async () => {
      await Promise.all([following.close(), offers.close()]);
      const signal = AbortSignal.timeout(SNAPSHOTS_WITHIN_MS);
      const loaded = [...opened.values()].map((collection) => collection.catch(() => undefined));
      await Promise.all(loaded.map(async (collection) => (await collection)?.snapshots?.stop(signal)));
      await Promise.all([...opened].map(([name, collection]) => forget(name, collection)));
    },
  };
};

/** What is kept of images after a change that names some of it. */
const imagesOf = (change: NonNullable<CollectionChange["images"]>, before: ImageKeeping): ImageKeeping => ({
  ...before,
  ...(typeof change === "string" ? { keep: change } : change),
});
