import { LRUCache } from "lru-cache";
import type { Job } from "../../api/service.ts";
import type { Core } from "../../collections/index.ts";
import { answer, type Queried } from "../../collections/question.ts";
import { createSoleJobs } from "../../collections/sole-job.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { findCollection, listJobs, type CollectionRecord } from "../../store/index.ts";
import type { AnchorId, CollectionName, Modality } from "../../types.ts";
import {
  projectionRequest,
  type ProjectionPlace,
  type ProjectionPlaceRequest,
  type ProjectionQuery,
  type ProjectionRequest,
} from "./api.ts";
import { currentLayer, type CurrentLayer } from "./current.ts";
import type { Layer, LayerRecord, ProjectionMethod } from "./layer.ts";
import { chordOf, placeAmong } from "./place.ts";
import { printOfSlot } from "./prints.ts";
import { runProjection } from "./run.ts";
import { listLayers, pruneLayers } from "./table.ts";
import { valuesOf, type KeyValues } from "./values.ts";

const KIND = "projection";
const JOBS_LOOKED_AT = 10_000;
/** Layers in memory, some 20 bytes an anchor each. */
const CACHED = 8;
const DEFAULT_NEIGHBOURS = 10;
/** The nearest of a query that decide its place. */
const PLACED_BY = 5;

/** A layer that can be answered, before it is read. */
export interface FoundLayer {
  readonly layer: LayerRecord;
  /** The names of all layers of the collection. */
  readonly layers: readonly Layer[];
  readonly queried: Queried;
  /** Equal for equal answers. */
  readonly tag: string;
  /** @throws AnchorageError `not-found` if nothing of it is left */
  readonly read: () => Promise<CurrentLayer>;
}

/** Maps of collections: every anchor's place in the plane. */
export interface Projections {
  /**
   * Starts a job that computes a collection's map.
   *
   * @throws AnchorageError `not-found` for the collection, `unprocessable` where it has no anchor, `conflict` where its
   * map is being computed
   */
  readonly start: (name: CollectionName, request: ProjectionRequest) => Promise<Job>;
  /** @throws AnchorageError `not-found` where it was not computed */
  readonly find: (name: CollectionName, query: ProjectionQuery) => Promise<FoundLayer>;
  /** How far image and text of each anchor agree. @throws AnchorageError `not-found` where it was not computed */
  readonly findAgreement: (name: CollectionName) => Promise<FoundLayer>;
  /** A metadata key's value for each anchor, in id order. */
  readonly values: (name: CollectionName, key: string) => Promise<KeyValues & { readonly sequence: number }>;
  /** Where a query would be on the map. @throws AnchorageError `not-found` where it was not computed */
  readonly place: (name: CollectionName, request: ProjectionPlaceRequest) => Promise<ProjectionPlace>;
  /** Erases what is stored of anchors that are gone, or have other vectors now. */
  readonly forget: (collection: CollectionRecord) => Promise<void>;
  /** Starts again what a stopped service left unfinished. */
  readonly resume: () => Promise<void>;
}

/** The parts of the core that projections need. */
type ProjectionCore = Pick<Core, "collections" | "jobs" | "log" | "store">;

export const createProjections = ({ collections, jobs, log, store }: ProjectionCore): Projections => {
  const cache = new LRUCache<string, Promise<CurrentLayer | null>>({ max: CACHED });

  const start = createSoleJobs<ProjectionRequest, CollectionName>(jobs, KIND, async (name, request) => {
    const queried = await collections.queried(name);
    if (queried.view.size === 0)
      throw new AnchorageError("unprocessable", `The collection "${name}" has no anchor to show on a map.`);
    return (context) => runProjection(store, queried, request, context);
  });

  const found = async (
    name: CollectionName,
    choose: (layers: readonly LayerRecord[]) => LayerRecord | undefined,
    what: string,
  ): Promise<FoundLayer> => {
    const queried = await collections.queried(name);
    const { record, view } = queried;
    const layers = await listLayers(store, record);
    const layer = choose(layers);
    const missing = (): AnchorageError =>
      new AnchorageError(
        "not-found",
        `${what} of "${name}" was not computed; POST /v1/collections/${name}/projection computes it.`,
      );
    if (layer === undefined) throw missing();
    const tag = [record.key, layer.layer, layer.at.getTime().toString(36), view.sequence].join(".");
    return {
      ...{ layer, layers: layers.map((each) => each.layer), queried, tag },
      read: async () => {
        const reading = cache.get(tag) ?? currentLayer(store, queried, layer);
        cache.set(tag, reading);
        const read = await reading.catch((error: unknown) => {
          cache.delete(tag);
          throw error;
        });
        if (read === null) throw missing();
        return read;
      },
    };
  };

  const find: Projections["find"] = (name, { method, side = "image" }) =>
    found(name, (layers) => chooseLayer(layers, method, side), `The map by ${side}s`);

  return {
    start,
    find,
    findAgreement: (name) =>
      found(name, (layers) => layers.find(({ layer }) => layer === "agreement"), "The agreement of pairs"),

    values: async (name, key) => {
      const { view } = await collections.queried(name);
      return { ...(await valuesOf(view, key)), sequence: view.sequence };
    },

    place: async (name, { query, method, side = "image", neighbours = DEFAULT_NEIGHBOURS }) => {
      const started = performance.now();
      const { layer, queried, read } = await find(name, {
        side,
        ...(method === undefined ? {} : { method }),
      });
      const { ids, numbers } = await read();
      const { hits } = await collections.search(name, {
        query,
        target: side,
        limit: Math.max(neighbours, PLACED_BY),
        exact: true,
      });
      const rowOf = new Map<AnchorId, number>(ids.map((id, row) => [id, row]));
      // An anchor that was written since this view has no place on it.
      const near = hits.flatMap((hit) => {
        const row = rowOf.get(hit.id);
        return row === undefined || hit.score <= 0 ? [] : [{ hit, row }];
      });
      const [x = NaN, y = NaN] = placeAmong(
        {
          width: near.length,
          counts: Int32Array.of(near.length),
          indices: Int32Array.from(near, ({ row }) => row),
          distances: Float32Array.from(near, ({ hit }) => chordOf(hit.score)),
        },
        numbers,
      );
      return {
        x: Number.isNaN(x) ? null : x,
        y: Number.isNaN(y) ? null : y,
        neighbours: near.slice(0, neighbours).map(({ hit: { id, text, score }, row }) => ({
          ...{ id, text, score },
          x: numbers[2 * row] ?? 0,
          y: numbers[2 * row + 1] ?? 0,
        })),
        method: methodOf(layer.layer),
        side,
        ...answer(queried.view, started),
      };
    },

    forget: async (collection) => {
      const { view } = await collections.queried(collection.name);
      cache.clear();
      await pruneLayers(store, collection, (layer, id, print, written) => {
        const slot = view.slotOf(id);
        if (slot === undefined || !view.isLive(slot)) return false;
        return !written.has(id) || printOfSlot(view, layer, slot) === print;
      });
    },

    resume: async () => {
      const known = await listJobs(store, JOBS_LOOKED_AT);
      const last = new Map(
        known
          .filter(({ kind }) => kind === KIND)
          .reverse()
          .map((job) => [job.subject, job]),
      );
      for (const { subject, state, detail } of last.values()) {
        if (state !== "interrupted") continue;
        const name = subject as CollectionName;
        if ((await findCollection(store, name)) === null) continue;
        const asked = projectionRequest.safeParse(detail?.request ?? {});
        await start(name, asked.success ? asked.data : {}).catch((error: unknown) =>
          log.warn(`its map is not computed again: ${messageOf(error)}`, { collection: name }),
        );
      }
    },
  };
};

/** The layer of a method, else the best that there is. */
const chooseLayer = (
  layers: readonly LayerRecord[],
  method: ProjectionMethod | undefined,
  side: Modality,
): LayerRecord | undefined => {
  const methods: readonly ProjectionMethod[] = method === undefined ? ["umap", "pca"] : [method];
  for (const each of methods) {
    const layer = layers.find((record) => record.layer === `${each}/${side}`);
    if (layer !== undefined) return layer;
  }
  return undefined;
};

const methodOf = (layer: Layer): ProjectionMethod => (layer.startsWith("umap/") ? "umap" : "pca");
