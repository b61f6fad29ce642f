import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import type pg from "pg";
import { AnchorageError, isAnchorageError } from "../errors.ts";
import type { Log } from "../types.ts";
import {
  adapterContent,
  findAdapter,
  listAdapters,
  removeAdapters,
  saveAdapter,
} from "../features/epalm/store-adapters.ts";
import { anchorKeys } from "./anchor-keys.ts";
import { changesSince, existingIds, findAnchors, findImage, listAnchors } from "./anchor-reads.ts";
import { idsWithImages } from "./picture-reads.ts";
import { deleteAnchors, upsertAnchors } from "./anchor-writes.ts";
import {
  findCalibration,
  listCalibrations,
  removeCalibrations,
  saveCalibration,
} from "../features/calibration/table.ts";
import { createCollection, deleteCollection, findCollection, listCollections } from "./collections.ts";
import { changeDefaults } from "./defaults.ts";
import { openDatabase, type Database } from "./database.ts";
import { startEmbedded } from "./embedded/index.ts";
import { ensureEncoder } from "./encoders.ts";
import { findJob, interruptJobs, listJobs, saveJob } from "./jobs.ts";
import {
  addLabelVectors,
  findLabelVectors,
  removeLabelVectors,
} from "../features/selection/store-label-vectors.ts";
import {
  findImages,
  findVectors,
  findVectorsByAll,
  keysWithVector,
  labelledAnchors,
} from "../features/selection/store-labelled-anchors.ts";
import { migrateDatabase } from "./migrate.ts";
import { followNews } from "./news.ts";
import { readAll } from "./read-all.ts";
import { readSince } from "./read-since.ts";
import { erasedGeneration, findReceipt, listReceipts, recordErasure } from "./receipts.ts";
import {
  findReencoding,
  listReencoded,
  saveReencoding,
  switchEncoders,
} from "../features/reencoding/store-reencodings.ts";
import {
  findSelection,
  listSelections,
  removeSelection,
  saveSelection,
} from "../features/selection/store-selections.ts";
import { loadTransforms, saveTransform } from "./transforms.ts";
import { findTuning, saveTuning } from "../features/tuning/store-table.ts";
import type { Store } from "./types.ts";
import { vacuum } from "./vacuum.ts";
import {
  addVectors,
  countWithoutVector,
  removeVectors,
  withoutSource,
  withoutVector,
} from "./vector-writes.ts";
import { writeMark } from "./write-mark.ts";

export interface StoreOptions {
  /** Absolute; held by this process (see `lockDataDir`). */
  readonly dataDir: string;
  /** Another server than the embedded one. */
  readonly databaseUrl: string | null;
  readonly log: Log;
  /** How long a request waits for a connection, and for each lock that another holds; 30 s where absent. */
  readonly patienceMs?: number;
}

/**
 * Opens the store: starts the embedded PostgreSQL or reaches the one at `databaseUrl`, and migrates its tables.
 *
 * @throws AnchorageError `unavailable` where the server cannot be started or reached, is too old or not in UTF-8.
 */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  const { dataDir, databaseUrl, log } = options;
  await mkdir(dataDir, { recursive: true });
  const owner = await installationOf(dataDir);
  if (databaseUrl !== null) {
    const connection = { connectionString: databaseUrl };
    await migrateDatabase(connection).catch((error: unknown) => {
      throw aboutExternal(databaseUrl, error);
    });
    return storeOn(connection, options, "external", owner, () => Promise.resolve());
  }
  const embedded = await startEmbedded({ dataDir, log });
  const connection = { connectionString: embedded.url };
  try {
    await migrateDatabase(connection);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return storeOn(connection, options, "embedded", owner, () => embedded.stop());
};

const storeOn = (
  connection: pg.ClientConfig,
  { log, patienceMs }: StoreOptions,
  server: Store["server"],
  owner: string,
  stopServer: () => Promise<void>,
): Store => {
  const database = openDatabase(connection, log, patienceMs);
  return {
    ...storeOf(database, owner),
    server,
    follow: (onNews) => followNews(connection, onNews, log),
    close: async () => {
      await database.close();
      await stopServer();
    },
  };
};

const storeOf = (database: Database, owner: string): Omit<Store, "server" | "follow" | "close"> => ({
  ping: async () => {
    await database.query((queries) => queries.execute(sql`SELECT 1`));
  },
  ensureEncoder: (info, external = false) => ensureEncoder(database, info, external),
  createCollection: (collection) => createCollection(database, collection),
  listCollections: () => listCollections(database),
  findCollection: (name) => findCollection(database, name),
  changeDefaults: (collection, changed) => changeDefaults(database, collection, changed),
  deleteCollection: (name) => deleteCollection(database, name),
  upsertAnchors: (collection, anchors) => upsertAnchors(database, collection, anchors),
  deleteAnchors: (collection, ids) => deleteAnchors(database, collection, ids),
  recordErasure: (collection, sequence) => recordErasure(database, collection, owner, sequence),
  erasedGeneration: (collection) => erasedGeneration(database, collection, owner),
  vacuum: (how, readersWithinMs) => vacuum(database, how, readersWithinMs),
  findReceipt: (collection, id) => findReceipt(database, collection, owner, id),
  listReceipts: (collection, page) => listReceipts(database, collection, owner, page),
  findAnchors: (collection, ids) => findAnchors(database, collection, ids),
  listAnchors: (collection, page) => listAnchors(database, collection, page),
  findImage: (collection, id) => findImage(database, collection, id),
  existingIds: (collection, ids) => existingIds(database, collection, ids),
  idsWithImages: (collection, ids) => idsWithImages(database, collection, ids),
  readAll: (collection, onBatch, beside) => readAll(database, collection, onBatch, beside),
  changesSince: (collection, sequence) => changesSince(database, collection, sequence),
  writeMark: (collection, sequence) => writeMark(database, collection, sequence),
  readSince: (collection, sequence, onBatch) => readSince(database, collection, sequence, onBatch),
  saveTransform: (collection, transform) => saveTransform(database, collection, transform),
  loadTransforms: (collection) => loadTransforms(database, collection),
  saveTuning: (collection, tuning) => saveTuning(database, collection, tuning),
  findTuning: (collection) => findTuning(database, collection),
  saveCalibration: (collection, calibration) => saveCalibration(database, collection, calibration),
  listCalibrations: (collection) => listCalibrations(database, collection),
  findCalibration: (collection, subject) => findCalibration(database, collection, subject),
  removeCalibrations: (collection, sequence) => removeCalibrations(database, collection, sequence),
  withoutSource: (collection, modality, limit) => withoutSource(database, collection, modality, limit),
  countWithoutVector: (collection, encoder) => countWithoutVector(database, collection, encoder),
  withoutVector: (collection, encoder, page) => withoutVector(database, collection, encoder, page),
  addVectors: (collection, encoder, vectors) => addVectors(database, collection, encoder, vectors),
  removeVectors: (collection, encoder) => removeVectors(database, collection, encoder),
  saveReencoding: (collection, reencoding) => saveReencoding(database, collection, reencoding),
  findReencoding: (collection) => findReencoding(database, collection),
  listReencoded: () => listReencoded(database),
  switchEncoders: (collection, reencoding, encode, atMost) =>
    switchEncoders(database, collection, reencoding, encode, atMost),
  labelledAnchors: (collection, source, choose) => labelledAnchors(database, collection, source, choose),
  findImages: (keys) => findImages(database, keys),
  findVectors: (encoder, keys) => findVectors(database, encoder, keys),
  keysWithVector: (encoder, keys) => keysWithVector(database, encoder, keys),
  findVectorsByAll: (encoders, keys) => findVectorsByAll(database, encoders, keys),
  anchorKeys: (collection, which) => anchorKeys(database, collection, which),
  saveAdapter: (adapter, content) => saveAdapter(database, adapter, content),
  findAdapter: (id, version) => findAdapter(database, id, version),
  adapterContent: (id, version) => adapterContent(database, id, version),
  listAdapters: (limit) => listAdapters(database, limit),
  removeAdapters: (id, version) => removeAdapters(database, id, version),
  findLabelVectors: (collection, encoder, hashes) => findLabelVectors(database, collection, encoder, hashes),
  addLabelVectors: (collection, encoder, sequence, vectors) =>
    addLabelVectors(database, collection, encoder, sequence, vectors),
  removeLabelVectors: (collection) => removeLabelVectors(database, collection),
  saveSelection: (selection) => saveSelection(database, selection),
  findSelection: (id) => findSelection(database, id),
  listSelections: (limit) => listSelections(database, limit),
  removeSelection: (id) => removeSelection(database, id),
  saveJob: (job) => saveJob(database, owner, job),
  listJobs: (limit) => listJobs(database, limit),
  findJob: (id) => findJob(database, id),
  interruptJobs: () => interruptJobs(database, owner),
});

/** The mark of a DATA_DIR, made once; jobs carry it, so that one installation does not end another's. */
const installationOf = async (dataDir: string): Promise<string> => {
  const known = await knownInstallation(dataDir);
  if (known !== "") return known;
  const id = randomUUID();
  const file = fileOf(dataDir);
  await writeFile(`${file}.new`, `${id}\n`, { flush: true });
  await rename(`${file}.new`, file);
  return id;
};

/** Empty where none was made. */
export const knownInstallation = async (dataDir: string): Promise<string> =>
  (await readFile(fileOf(dataDir), "utf8").catch(() => "")).trim();

const fileOf = (dataDir: string): string => join(dataDir, "installation.id");

/** Names the server as DATABASE_URL does, without what may be secret. */
export const aboutExternal = (databaseUrl: string, error: unknown): unknown => {
  const { code } = error as { code?: unknown };
  const shown = databaseUrl.replace(/\?.*$/s, "").replace(/\/\/.*@/s, "//");
  const { message } = error as Error;
  if (isAnchorageError(error))
    return new AnchorageError(error.code, `DATABASE_URL (${shown}): ${message}`, { cause: error });
  // Of what a server answers, all but a defect of ours is about who we are or which database it is.
  if (typeof code === "string" && /^(28|3D)/.test(code))
    return new AnchorageError("unavailable", `DATABASE_URL (${shown}): ${message}`, { cause: error });
  return error;
};
