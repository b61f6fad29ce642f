import type { AnchorBody } from "../../src/features/client.ts";
import { openCollection, type Service } from "./service.ts";

/** A collection of ten thousand anchors that attacks search and list. */
export const CROWD = "crowd";
export const CROWD_SIZE = 10_000;
export const CROWD_DIMENSION = 512;
const BATCH = 500;

/** Short decimals, so that filling takes seconds. */
const vector = (seed: number): number[] =>
  Array.from({ length: CROWD_DIMENSION }, (_, i) => (((seed + 1) * (i + 7) * 2_654_435) % 997) / 1_000 - 0.5);

const anchorOf = (i: number): AnchorBody => ({
  id: `c${String(i).padStart(5, "0")}`,
  text: `anchor ${i}`,
  imageVector: vector(i),
  textVector: vector(i + CROWD_SIZE),
  metadata: { number: i, group: i % 10 },
});

/** Fills {@link CROWD}, where it is not full yet. */
export const fillCrowd = async (service: Service): Promise<void> => {
  const crowd = await openCollection(service, CROWD, CROWD_DIMENSION);
  for (let from = (await crowd.get()).anchorCount; from < CROWD_SIZE; from += BATCH)
    await crowd.putAnchors(Array.from({ length: BATCH }, (_, i) => anchorOf(from + i)));
};

/** A search of {@link CROWD}. */
export const crowdQuery = (seed: number) => ({
  query: { vector: vector(seed), modality: "image" },
  target: "image",
  limit: 10,
});
