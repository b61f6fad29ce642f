import {
  type Database,
  keysWithVector,
  type CollectionRecord,
  type EncoderRecord,
} from "../../../store/index.ts";
import type { EncoderRegistry } from "../../../encoders/index.ts";
import { AnchorageError } from "../../../errors.ts";
import { keepLayerVectors } from "../../../collections/layer-vectors/index.ts";
import type { JobContext } from "../../../collections/jobs/index.ts";
import { type AnchorKey, anchorKeys } from "../anchor-keys.ts";

/** Keys in one SQL statement. */
const KEYS_AT_ONCE = 10_000;

type Features = Database;

/**
 * Makes the features of all anchors that have an image and lack some, those among them that come meanwhile. What was made
 * stays where it is cancelled.
 *
 * @throws the signal's reason, soon after it is aborted
 */
export const makeLayerVectors = async (
  store: Features,
  registry: Pick<EncoderRegistry, "encodeImagesByAll">,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
  { signal, progress }: Pick<JobContext, "signal" | "progress">,
): Promise<void> => {
  const tried = new Set<number>();
  for (;;) {
    const anchors = await anchorKeys(store, collection, "with images");
    const lacking = await lackingVectors(store, encoders, anchors);
    // An anchor whose image vanished meanwhile would be retried endlessly.
    const keys = lacking.filter((key) => !tried.has(key));
    const before = anchors.length - keys.length;
    progress(before, anchors.length);
    if (keys.length === 0) return;
    for (const key of keys) tried.add(key);
    await keepLayerVectors(store, registry, collection, encoders, keys, {
      signal,
      onMade: (done) => progress(before + done, anchors.length),
    });
  }
};

/** The keys of anchors that lack features by one of `encoders`. */
const lackingVectors = async (
  store: Database,
  encoders: readonly EncoderRecord[],
  anchors: readonly AnchorKey[],
): Promise<number[]> => {
  const lacking: number[] = [];
  for (let first = 0; first < anchors.length; first += KEYS_AT_ONCE) {
    const keys = anchors.slice(first, first + KEYS_AT_ONCE).map(({ key }) => key);
    const having: Set<number>[] = [];
    for (const encoder of encoders) having.push(await keysWithVector(store, encoder, keys));
    lacking.push(...keys.filter((key) => having.some((set) => !set.has(key))));
  }
  return lacking;
};

/**
 * The anchors that have an image, all of whose features are there.
 *
 * @throws AnchorageError `conflict` where some lack features
 */
export const anchorsWithVectors = async (
  store: Database,
  collection: CollectionRecord,
  encoders: readonly EncoderRecord[],
): Promise<readonly AnchorKey[]> => {
  const anchors = await anchorKeys(store, collection, "with images");
  const lacking = await lackingVectors(store, encoders, anchors);
  if (lacking.length === 0) return anchors;
  throw new AnchorageError(
    "conflict",
    `${lacking.length} of ${anchors.length} anchors with an image have not all of these features yet; ` +
      `POST /v1/collections/${collection.name}/features makes them.`,
  );
};
