import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  readLists,
  writeLists,
  type KeptLists,
  type ListsSubject,
} from "../../../src/retrieval/partitions/lists-file.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const SUBJECT: ListsSubject = {
  collection: { name: "birds", createdAt: "2026-01-02T03:04:05.678Z" },
  modality: "image",
  encoder: { id: "pixels", sha256: "ab12", dimension: 64 },
  transform: "whiten",
  transformVersion: 3,
  sequence: 12,
  anchors: 5,
};

const KEPT: KeptLists = {
  lists: {
    dimension: 3,
    lists: 2,
    centroids: Float32Array.of(1, 0, 0, 0, 0.6, 0.8),
    alignment: Float32Array.of(0.9, 0.7),
    listOf: Int32Array.of(0, 1, 1, -1, 0),
    builtOn: 4,
  },
  curve: {
    dimension: 3,
    lists: 2,
    anchors: 5,
    points: [{ k: 10, effort: 1, recall: 0.995, low: 0.99, rows: 3, lists: 1.5, ms: 0.1 }],
  },
};

const written = async (): Promise<string> => {
  const path = join(await temporaryDirectory(), "12-image-whiten.lists");
  await writeLists(path, SUBJECT, KEPT);
  return path;
};

test("a file of lists gives back what was written, and nothing else is left in its folder", async () => {
  const path = await written();
  expect(await readLists(path, SUBJECT)).toEqual(KEPT);
  expect(await readdir(dirname(path))).toEqual(["12-image-whiten.lists"]);
});

test("a file of lists with one flipped bit is refused, wherever the bit is", async () => {
  const path = await written();
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    await writeFile(path, damaged);
    await expect(readLists(path, SUBJECT), `byte ${at}`).rejects.toMatchObject({ code: "corrupt-file" });
  }
});

test("a truncated file of lists is refused, wherever it ends", async () => {
  const path = await written();
  const { length } = await readFile(path);
  for (let left = length - 1; left >= 0; left -= 7) {
    await truncate(path, left);
    await expect(readLists(path, SUBJECT), `${left} bytes`).rejects.toMatchObject({ code: "corrupt-file" });
  }
});

test("a longer file of lists is refused", async () => {
  const path = await written();
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(4)]));
  await expect(readLists(path, SUBJECT)).rejects.toThrow("bytes long in place of");
});

test("lists of another collection, encoder, transform or write are refused", async () => {
  const path = await written();
  const others: readonly [Partial<ListsSubject>, string][] = [
    [{ collection: { name: "birds", createdAt: "2026-02-02T03:04:05.678Z" } }, "of another collection"],
    [{ modality: "text" }, "of image vectors"],
    [{ encoder: { id: "pixels", sha256: "ab13", dimension: 64 } }, "of another encoder"],
    [{ transform: "none" }, "of version 3 of the transform whiten"],
    [{ transformVersion: 4 }, "of version 3 of the transform whiten"],
    [{ sequence: 13 }, "written at sequence 12"],
    [{ anchors: 6 }, "of 5 anchors"],
  ];
  for (const [other, reason] of others)
    await expect(readLists(path, { ...SUBJECT, ...other })).rejects.toThrow(reason);
});

test("an interrupted write leaves the earlier file", async () => {
  const path = await written();
  const { lists } = KEPT;
  const later = { lists: { ...lists, builtOn: 5 }, curve: null };
  const reason = new Error("stopped");
  await expect(writeLists(path, SUBJECT, later, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await readLists(path, SUBJECT)).toEqual(KEPT);
});
