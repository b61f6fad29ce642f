import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Anchor } from "../../../src/api/anchors.ts";
import { openCollections, type Collections } from "../../../src/collections/index.ts";
import { openJobs } from "../../../src/collections/jobs/index.ts";
import { openEncoderRegistry } from "../../../src/encoders/index.ts";
import { FEATURES, openFeatures } from "../../../src/features/index.ts";
import {
  faultsOf,
  proveErasure,
  type Finding,
  type Proof,
  type Suspect,
} from "../../../src/features/erasure-proof/index.ts";
import { openInspection, openStore } from "../../../src/store/index.ts";
import type { AnchorId, CollectionName } from "../../../src/types.ts";
import { freshDatabase, type TestDatabase } from "../../support/postgres.ts";
import { normals, seededRandom } from "../../support/random.ts";
import { silentLog } from "../../support/log.ts";
import { numbersOf } from "../../../src/store/float32.ts";

export const BIRDS = "birds" as CollectionName;
/** Enough that there are snapshots. */
export const COUNT = 1_050;
export const [IMAGE, TEXT] = [96, 16];

/** A collection of {@link COUNT} anchors with a snapshot, as a service holds it, and the proof of what is gone. */
export interface Place {
  readonly collections: Collections;
  readonly database: TestDatabase;
  readonly dataDir: string;
  readonly indexes: string;
  readonly prove: (suspects: readonly Partial<Anchor>[], receipt?: string, url?: string) => Promise<Shown>;
  readonly close: () => Promise<void>;
}

export interface Shown {
  readonly proof: Proof;
  readonly faults: readonly string[];
  readonly first: Finding;
}

export const bird = (at: number, seed = 1): Anchor => {
  const random = seededRandom(seed * 10_000 + at);
  return {
    id: `bird-${at}` as AnchorId,
    text: `a drawing of bird number ${at}, made by hand ${seed}`,
    imageVector: [...normals(IMAGE, random)],
    textVector: [...normals(TEXT, random)],
    metadata: { at },
  };
};

export const open = async (): Promise<Place> => {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "anchorage-"));
  const indexes = join(dataDir, "indexes");
  await mkdir(indexes);
  const log = silentLog;
  const store = await openStore({ dataDir, databaseUrl: database.url, log });
  const encoders = await openEncoderRegistry({ folders: [], log });
  const collections = await openCollections(store, encoders, log, true, indexes);
  const jobs = await openJobs(store, log);
  const settings = { dataDir, consensusHttpHosts: "", classificationMethods: "", apiKey: null, audit: false };
  const features = await openFeatures({ store, encoders, jobs, collections, settings, log }, FEATURES);
  await collections.create({
    name: BIRDS,
    imageEncoder: { external: { dimension: IMAGE } },
    textEncoder: { external: { dimension: TEXT } },
  });
  await collections.putAnchors(
    BIRDS,
    Array.from({ length: COUNT }, (_, at) => bird(at)),
  );
  await collections.compact(BIRDS);
  return {
    collections,
    database,
    dataDir,
    indexes,
    close: async () => {
      await features.close();
      await jobs.close();
      await collections.close();
      await encoders.close();
      await store.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
    prove: async (anchors, receipt, url = database.url) => {
      const inspection = await openInspection({ dataDir, databaseUrl: url, log });
      try {
        const proof = await proveErasure(inspection, {
          collection: BIRDS,
          suspects: anchors.map(suspectOf),
          receipt: receipt ?? null,
          indexDirectory: indexes,
          signal: new AbortController().signal,
        });
        const [first] = proof.findings;
        if (first === undefined) throw new Error("nothing was asked for");
        return { proof, faults: faultsOf(proof), first };
      } finally {
        await inspection.close();
      }
    },
  };
};

const suspectOf = ({ id, text, metadata, imageVector, textVector }: Partial<Anchor>): Suspect => ({
  source: "gone.jsonl:1",
  id: id ?? null,
  caption: text ?? null,
  metadata: metadata ?? null,
  imageVector: imageVector === undefined ? null : Float32Array.from(numbersOf(imageVector)),
  textVector: textVector === undefined ? null : Float32Array.from(numbersOf(textVector)),
});

export const idsOf = (...anchors: readonly Anchor[]): { ids: AnchorId[] } => ({
  ids: anchors.map(({ id }) => id),
});

export const placesOf = ({ traces }: Finding): string[] =>
  traces.map(({ what, where }) => `${what}: ${where}`);
