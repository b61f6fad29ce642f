import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  restoreBackup,
  sourceOf,
  startBackup,
  type RestoreResult,
} from "../../../src/features/backup/index.ts";
import type { BackupRequest } from "../../../src/features/backup/describe.ts";
import { baseOf } from "../../../src/features/backup/format.ts";
import { openBackup } from "../../../src/features/backup/sources.ts";
import type { Database } from "../../../src/store/index.ts";
import { openTestApp, type TestApp } from "../../http/support.ts";
import { conceptAnchors } from "../../support/concept-anchors.ts";
import { silentLog } from "../../support/log.ts";
import { freshDatabase, temporaryDirectory, type TestDatabase } from "../../support/postgres.ts";

/** An application on a database whose address is known. */
export interface Origin {
  readonly test: TestApp;
  readonly database: TestDatabase;
}

export const openOrigin = async (): Promise<Origin> => {
  const database = await freshDatabase();
  return { database, test: await openTestApp({ database }) };
};

export const closeOrigin = async ({ test, database }: Origin): Promise<void> => {
  await test.close();
  await database.drop();
};

/** Makes a collection with `concepts` times four anchors. */
export const fillCollection = async (test: TestApp, name: string, concepts = 6, seed = 1): Promise<void> => {
  await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: { external: { dimension: 12 } },
    textEncoder: { external: { dimension: 9 } },
    transform: "center",
    asif: { k: 20, p: 2 },
  });
  await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors: anchorBodies(concepts, seed) });
};

export const anchorBodies = (concepts: number, seed = 1) =>
  conceptAnchors(concepts, 4, { seed, noise: 0.4 }).map(({ id, caption, imageVector, textVector }, i) => ({
    id,
    text: caption ?? "",
    metadata: { number: i, kind: caption ?? "", nested: { list: [1.5, null, "ä\u0001"] } },
    imageVector: [...imageVector],
    textVector: [...textVector],
  }));

/** Writes a backup to a file of its own. */
export const backUp = async (
  database: Database,
  { contents = "everything", since }: { contents?: BackupRequest["contents"]; since?: string } = {},
): Promise<string> => {
  const file = join(await temporaryDirectory(), "backup");
  const base = since === undefined ? null : await openBackup(sourceOf(since));
  await base?.close();
  const { bytes } = startBackup(database, {
    ...{ contents, signingKey: null },
    base: base === null ? null : baseOf(base.header),
  });
  await pipeline(bytes, createWriteStream(file));
  return file;
};

export interface RestoredTo {
  readonly database: TestDatabase;
  readonly restored: RestoreResult;
}

/** Restores files into `database`, or one of its own. */
export const restoreTo = async (
  files: readonly string[],
  {
    receipts,
    database,
    signal = new AbortController().signal,
  }: { receipts?: string; database?: TestDatabase; signal?: AbortSignal } = {},
): Promise<RestoredTo> => {
  const into = database ?? (await freshDatabase());
  const restored = await restoreBackup({
    dataDir: await temporaryDirectory(),
    databaseUrl: into.url,
    backups: files.map(sourceOf),
    receipts: receipts === undefined ? null : sourceOf(receipts),
    signal,
    log: silentLog,
    onRows: () => undefined,
  });
  return { database: into, restored };
};

const QUERY = {
  query: { vector: anchorBodies(1, 7)[0]?.imageVector, modality: "image" },
  target: "image",
  limit: 100,
};
const CLASSIFY = {
  images: [{ vector: anchorBodies(1, 9)[0]?.imageVector }, { vector: anchorBodies(1, 3)[2]?.imageVector }],
  classes: [0, 2, 4].map((i) => ({
    name: `concept ${i}`,
    prompts: [{ vector: anchorBodies(6)[4 * i]?.textVector }],
  })),
};

/** What an application answers about everything that it stores, without how long it took. */
export const answersOf = async (
  test: TestApp,
): Promise<readonly (readonly [string, string, number, unknown])[]> => {
  const { body } = await test.call("GET", "/v1/collections");
  const { collections } = body as { collections: readonly { readonly name: string }[] };
  const answers: [string, string, number, unknown][] = [];
  for (const { name } of collections) {
    const path = `/v1/collections/${name}`;
    for (const [method, end, request] of [
      ["GET", "", undefined],
      ["GET", "/anchors?limit=1000&vectors=true", undefined],
      ["POST", "/search", QUERY],
      ["POST", "/classify", CLASSIFY],
    ] as const) {
      const answer = await test.call(method, `${path}${end}`, request);
      answers.push([name, end, answer.status, withoutTimes(answer.body)]);
    }
  }
  return answers;
};

const TIMES = new Set(["tookMs", "plan", "costs", "index", "indexes"]);

const withoutTimes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (TIMES.has(key) ? [] : [[key, withoutTimes(part)]])),
  );
};
