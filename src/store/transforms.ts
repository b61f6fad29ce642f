import { and, asc, desc, eq, like, lt, notInArray } from "drizzle-orm";
import type { Database } from "./database.ts";
import { fromBytes, toBytes } from "./float32.ts";
import { holdCollection } from "./lock-collection.ts";
import { transforms } from "./schema.ts";
import type { TransformKind } from "../types.ts";
import type { CollectionRecord, TransformRecord } from "./types.ts";

/**
 * Stores a fitted transform and deletes the earlier versions, which may contain traces of deleted anchors.
 *
 * @throws AnchorageError `not-found` if the collection is gone, `conflict` if it has moved to other encoders
 */
export const saveTransform = async (
  database: Database,
  collection: CollectionRecord,
  transform: TransformRecord,
): Promise<void> => {
  const { key } = collection;
  const { kind, modality, version, sequence, anchorCount } = transform;
  const mean = toBytes(transform.mean);
  const projection = transform.projection === null ? null : toBytes(transform.projection);
  const weights = transform.weights === undefined ? null : toBytes(transform.weights);
  await database.transaction(async ({ queries }) => {
    await holdCollection(queries, collection);
    const fit = { sequence, anchorCount, mean, projection, weights };
    await queries
      .insert(transforms)
      .values({ collection: key, kind, modality, version, ...fit })
      .onConflictDoUpdate({
        target: [transforms.collection, transforms.modality, transforms.kind, transforms.version],
        set: fit,
      });
    await queries
      .delete(transforms)
      .where(
        and(
          eq(transforms.collection, key),
          eq(transforms.modality, modality),
          eq(transforms.kind, kind),
          lt(transforms.version, version),
        ),
      );
  });
};

/** Loads the newest version of each kind and modality. */
export const loadTransforms = async (
  database: Database,
  { key }: CollectionRecord,
): Promise<TransformRecord[]> => {
  const rows = await database.query((queries) =>
    queries
      .selectDistinctOn([transforms.modality, transforms.kind])
      .from(transforms)
      .where(eq(transforms.collection, key))
      .orderBy(asc(transforms.modality), asc(transforms.kind), desc(transforms.version)),
  );
  return rows.map(({ kind, modality, version, sequence, anchorCount, mean, projection, weights }) => ({
    kind,
    modality,
    version,
    sequence,
    anchorCount,
    mean: fromBytes(mean),
    projection: projection === null ? null : fromBytes(projection),
    ...(weights === null ? {} : { weights: fromBytes(weights) }),
  }));
};

/** Deletes the fits of whitenings of one modality whose kind is not among `kept`. */
export const removeTransforms = async (
  database: Database,
  { key }: CollectionRecord,
  kept: readonly TransformKind[],
): Promise<void> => {
  await database.write((queries) =>
    queries
      .delete(transforms)
      .where(
        and(
          eq(transforms.collection, key),
          like(transforms.kind, "whiten:%"),
          notInArray(transforms.kind, [...kept]),
        ),
      ),
  );
};
