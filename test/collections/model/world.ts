import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Collections } from "../../../src/collections/index.ts";
import type { CollectionName, Sequence } from "../../../src/types.ts";
import { createNaiveCollection, type NaiveCollection } from "../../support/naive-collection.ts";
import { IMAGE, TEXT } from "./anchors.ts";
import { startProcess, type Installation, type RunningProcess } from "./process.ts";

export const NAME = "model" as CollectionName;

/** Two processes on one Postgres, each with a DATA_DIR of its own. */
export type Who = 0 | 1;

/** One of the two, and what is known of it. */
export interface Side {
  readonly installation: Installation;
  running: RunningProcess;
  /** It has answered at this sequence, so that no answer of it may be of an earlier one. */
  seen: number;
  /** Up to which it has put on record that all is erased, and how often it has. */
  erased: number;
  generation: number;
}

export interface World {
  readonly naive: NaiveCollection;
  readonly sides: readonly [Side, Side];
  /** Numbers captions, so that each is written once. */
  captions: number;
}

export const collectionsOf = ({ sides }: World, who: Who): Collections => sides[who].running.collections;

/** What makes a process read first what the other has written. */
export const upToDate = ({ naive, sides }: World, who: Who): { minSequence?: Sequence } =>
  sides[who].seen < naive.sequence() ? { minSequence: naive.sequence() as Sequence } : {};

export const openWorld = async (databaseUrl: string): Promise<World> => {
  const openSide = async (): Promise<Side> => {
    const installation = { databaseUrl, dataDir: await mkdtemp(join(tmpdir(), "anchorage-model-")) };
    return { installation, running: await startProcess(installation), seen: 0, erased: 0, generation: 0 };
  };
  const world: World = {
    naive: createNaiveCollection(),
    sides: [await openSide(), await openSide()],
    captions: 0,
  };
  await collectionsOf(world, 0).create({
    asif: { k: 800, p: 8 },
    name: NAME,
    imageEncoder: { external: { dimension: IMAGE } },
    textEncoder: { external: { dimension: TEXT } },
  });
  return world;
};

export const closeWorld = async (world: World): Promise<void> => {
  await collectionsOf(world, 0).remove(NAME);
  for (const { running, installation } of world.sides) {
    await running.stop();
    await rm(installation.dataDir, { recursive: true, force: true });
  }
};
