import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Anchor } from "../../src/api/anchors.ts";
import { openCollections, type Collections } from "../../src/collections/index.ts";
import { openEncoderRegistry } from "../../src/encoders/index.ts";
import type { AnchorId, CollectionName } from "../../src/types.ts";
import { normals, seededRandom } from "../support/random.ts";
import {
  freshDatabase,
  openTestStore,
  runSql,
  temporaryDirectory,
  type TestDatabase,
} from "../support/postgres.ts";
import { collectingLog } from "../support/log.ts";

const BIRDS = "birds" as CollectionName;
const COUNT = 1_200;
const [IMAGE, TEXT] = [8, 6];

interface Process {
  readonly collections: Collections;
  readonly lines: readonly string[];
  /** As a service stops. */
  readonly stop: () => Promise<void>;
  /** As a service that is killed leaves its files. */
  readonly kill: () => Promise<void>;
}

interface Place {
  readonly database: TestDatabase;
  readonly directory: string;
}

const place = async (): Promise<Place> => ({
  database: await freshDatabase(),
  directory: join(await temporaryDirectory(), "indexes"),
});

const start = async ({ database, directory }: Place): Promise<Process> => {
  const lines: string[] = [];
  const log = collectingLog(lines);
  const store = await openTestStore(database);
  const encoders = await openEncoderRegistry({ folders: [], log });
  const collections = await openCollections(store, encoders, log, true, directory);
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await collections.close();
    await encoders.close();
  };
  onTestFinished(end);
  return {
    collections,
    lines,
    stop: end,
    kill: async () => {
      // What the stop writes is put back.
      const kept = `${directory}.kept`;
      await cp(directory, kept, { recursive: true, force: true }).catch(() => mkdir(kept));
      await end();
      await rm(directory, { recursive: true, force: true });
      await cp(kept, directory, { recursive: true });
      await rm(kept, { recursive: true });
    },
  };
};

const createBirds = ({ collections }: Process, image = IMAGE) =>
  collections.create({
    name: BIRDS,
    imageEncoder: { external: { dimension: image } },
    textEncoder: { external: { dimension: TEXT } },
  });

const birds = (first: number, count: number, seed = 1): Anchor[] => {
  const random = seededRandom(seed + first);
  return Array.from({ length: count }, (_, i) => ({
    id: `bird-${first + i}` as AnchorId,
    text: `caption of bird ${first + i}, as of ${seed}`,
    imageVector: [...normals(IMAGE, random)],
    textVector: [...normals(TEXT, random)],
    metadata: { at: first + i },
  }));
};

/** What a collection answers, to the last bit. */
const answersOf = async ({ collections }: Process): Promise<unknown> => {
  const random = seededRandom(5);
  const { anchorCount, sequence } = await collections.get(BIRDS);
  const hits: unknown[] = [];
  for (const [modality, dimension] of [
    ["image", IMAGE],
    ["text", TEXT],
  ] as const) {
    const vector = [...normals(dimension, random)];
    const query = { vector, modality };
    hits.push((await collections.search(BIRDS, { query, target: modality, limit: 200 })).hits);
  }
  return { anchorCount, sequence, hits };
};

const filesIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true }).catch(() => []))
    .filter((name) => name.includes("snapshot"))
    .sort();

/** A collection with a snapshot, stopped. */
const stopped = async (): Promise<Place & { readonly answers: unknown; readonly file: string }> => {
  const where = await place();
  const first = await start(where);
  await createBirds(first);
  await first.collections.putAnchors(BIRDS, birds(0, COUNT));
  const answers = await answersOf(first);
  await first.stop();
  const [file] = await filesIn(where.directory);
  return { ...where, answers, file: join(where.directory, file ?? "none") };
};

const fromSnapshot = ({ lines }: Process): boolean => lines.some((line) => line.includes("from a snapshot"));

describe("a collection that was stopped", () => {
  test("starts from its snapshot, and answers as before, bit for bit", async () => {
    const where = await stopped();
    const second = await start(where);
    expect(await answersOf(second)).toEqual(where.answers);
    expect(fromSnapshot(second)).toBe(true);
    await second.stop();
    await rm(where.directory, { recursive: true });
    const rebuilt = await start(where);
    expect(await answersOf(rebuilt)).toEqual(where.answers);
    expect(fromSnapshot(rebuilt)).toBe(false);
  });

  test("reads what was written since from Postgres", async () => {
    const where = await stopped();
    const { collections, kill, ...second } = await start(where);
    await collections.putAnchors(BIRDS, birds(COUNT, 50));
    await collections.putAnchors(BIRDS, birds(10, 20, 2));
    await collections.deleteAnchors(BIRDS, { ids: ["bird-3", `bird-${COUNT + 1}`] as AnchorId[] });
    const answers = await answersOf({ collections, kill, ...second });
    await kill();
    expect(await filesIn(where.directory)).toHaveLength(1);
    const third = await start(where);
    expect(await answersOf(third)).toEqual(answers);
    expect(fromSnapshot(third)).toBe(true);
  });

  test("holds nothing on disk of what was deleted before the stop", async () => {
    const where = await stopped();
    const second = await start(where);
    await second.collections.deleteAnchors(BIRDS, { ids: ["bird-7"] as AnchorId[] });
    await second.stop();
    const files = await filesIn(where.directory);
    expect(files).toHaveLength(1);
    const bytes = await readFile(join(where.directory, files[0] ?? ""));
    expect(bytes.includes("caption of bird 8,")).toBe(true);
    expect(bytes.includes("caption of bird 7,")).toBe(false);
  });

  test("keeps its file where nothing was written since", async () => {
    const where = await stopped();
    const before = await readFile(where.file);
    const second = await start(where);
    await answersOf(second);
    await second.stop();
    expect((await readFile(where.file)).equals(before)).toBe(true);
  });

  test("has no file where it is small, for Postgres is as fast", async () => {
    const where = await stopped();
    const second = await start(where);
    await second.collections.deleteAnchors(BIRDS, { filter: { at: { gte: 500 } } });
    await second.stop();
    expect(await filesIn(where.directory)).toEqual([]);
    const third = await start(where);
    expect((await third.collections.get(BIRDS)).anchorCount).toBe(500);
  });

  test("stays stopped within its time where the folder cannot be written to, and says so", async () => {
    const where = await place();
    const first = await start(where);
    await createBirds(first);
    await first.collections.putAnchors(BIRDS, birds(0, COUNT));
    await rm(where.directory, { recursive: true, force: true });
    await writeFile(where.directory, "a file where the folder would be");
    await first.stop();
    expect(first.lines).toContainEqual(expect.stringContaining("birds: no snapshot was written: "));
    await rm(where.directory);
    expect((await (await start(where)).collections.get(BIRDS)).anchorCount).toBe(COUNT);
  });
});

describe("a snapshot that is not to be trusted", () => {
  /** Starts, expects the answers of Postgres and a line that says why the file was not used; the file is gone. */
  const expectRebuilt = async (
    where: Place & { readonly answers: unknown; readonly file: string },
    why: string | RegExp,
    answers = where.answers,
  ): Promise<void> => {
    const next = await start(where);
    expect(await answersOf(next)).toEqual(answers);
    expect(fromSnapshot(next)).toBe(false);
    const line = next.lines.find((one) => one.includes("is not used and deleted")) ?? "";
    expect(line).toMatch(why);
    await expect(readFile(where.file)).rejects.toThrow("ENOENT");
  };

  test.each([
    [
      "a bit that flipped among the vectors",
      (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 4, bytes.length - 9),
      "CRC-32",
    ],
    [
      "a bit that flipped in a caption",
      (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(5_000) ^ 1, 5_000),
      /CRC-32|JSON/,
    ],
    ["another format", (bytes: Buffer) => bytes.writeUInt32LE(2, 8), "its format is 2"],
  ])("is not used for %s", async (_, spoil, why) => {
    const where = await stopped();
    const bytes = await readFile(where.file);
    spoil(bytes);
    await writeFile(where.file, bytes);
    await expectRebuilt(where, why);
  });

  test("is not used where it is cut off", async () => {
    const where = await stopped();
    await writeFile(where.file, (await readFile(where.file)).subarray(0, -1));
    await expectRebuilt(where, "bytes long");
  });

  test("is not used where it is newer than Postgres", async () => {
    const where = await stopped();
    const { url } = where.database;
    await runSql("INSERT INTO changes SELECT collection, 2, kind, ids FROM changes", url);
    await runSql("UPDATE collections SET sequence = 2", url);
    const second = await start(where);
    await second.collections.putAnchors(BIRDS, birds(0, 1));
    await second.stop();
    const [file] = await filesIn(where.directory);
    await runSql("DELETE FROM changes WHERE sequence > 2", url);
    await runSql("UPDATE collections SET sequence = 2", url);
    const restored = { ...where, file: join(where.directory, file ?? "none") };
    await expectRebuilt(restored, "Postgres knows of no write 3", {
      ...(where.answers as object),
      sequence: 2,
    });
  });

  test("is not used where Postgres was restored and written on", async () => {
    const where = await stopped();
    await runSql("UPDATE changes SET created_at = created_at + interval '1 ms'", where.database.url);
    await expectRebuilt(where, "Postgres knows another write 1");
  });

  test("is not used for other weights of an encoder", async () => {
    const where = await stopped();
    await runSql("UPDATE encoders SET sha256 = 'other' WHERE modality = 'text'", where.database.url);
    await expectRebuilt(where, "text vectors are of another encoder");
  });

  test("is not used where what was written since is no longer on record", async () => {
    const where = await stopped();
    const second = await start(where);
    for (const id of ["bird-1", "bird-2", "bird-3"])
      await second.collections.deleteAnchors(BIRDS, { ids: [id] as AnchorId[] });
    const answers = await answersOf(second);
    await second.kill();
    await runSql("DELETE FROM changes WHERE sequence = 3", where.database.url);
    await expectRebuilt(where, "does not know any more", answers);
  });

  test("is no trouble where a write of it was killed", async () => {
    const where = await stopped();
    await writeFile(where.file.replace(/\d+\.snapshot$/, "2.snapshot.writing"), "half of it");
    const second = await start(where);
    expect(await answersOf(second)).toEqual(where.answers);
    expect(fromSnapshot(second)).toBe(true);
    await second.collections.deleteAnchors(BIRDS, { ids: ["bird-7"] as AnchorId[] });
    await second.stop();
    expect(await filesIn(where.directory)).toEqual(["1/2.snapshot"]);
  });

  test("leaves no older one and no half-written one beside it, for they may hold what was deleted since", async () => {
    const where = await stopped();
    await cp(where.file, where.file.replace(/\d+\.snapshot$/, "0.snapshot"));
    await writeFile(where.file.replace(/\d+\.snapshot$/, "2.snapshot.writing"), "half of it");
    const second = await start(where);
    await second.collections.get(BIRDS);
    expect(fromSnapshot(second)).toBe(true);
    expect(await filesIn(where.directory)).toEqual(["1/1.snapshot"]);
  });
});

describe("snapshots of a collection that is gone", () => {
  test("are removed with it", async () => {
    const where = await stopped();
    const second = await start(where);
    await second.collections.remove(BIRDS);
    expect(await filesIn(where.directory)).toEqual([]);
    await second.stop();
    expect(await filesIn(where.directory)).toEqual([]);
  });

  test("are removed by the next start where it went meanwhile, and nothing else is", async () => {
    const where = await stopped();
    await writeFile(join(where.directory, "costs.json"), "{}");
    await runSql("DELETE FROM collections", where.database.url);
    await start(where);
    expect(await readdir(where.directory)).toEqual(["costs.json"]);
  });

  test("are not taken for those of another that has its name", async () => {
    const where = await stopped();
    const second = await start(where);
    await second.collections.remove(BIRDS);
    await createBirds(second);
    expect((await second.collections.get(BIRDS)).anchorCount).toBe(0);
  });
});
