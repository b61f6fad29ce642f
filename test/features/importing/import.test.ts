import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  importPairs,
  openPairSource,
  openRejectLog,
  planImport,
  previewPairs,
  type ImportCounts,
  type ImportTarget,
  type PairSource,
} from "../../../src/features/importing/index.ts";
import { AnchorageError } from "../../../src/errors.ts";
import type { AnchorContent } from "../../../src/api/anchor-comparison.ts";
import { faultIn } from "../../../src/features/importing/check.ts";
import { createIdentities, type Identities } from "../../../src/features/importing/identities.ts";
import { makeThumbnail } from "../../../src/encoders/index.ts";
import type { Reject } from "../../../src/features/files/index.ts";
import type { CollectionName } from "../../../src/types.ts";
import { openTestApp, type TestApp } from "../../http/support.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import { QUICK, writeEncoders } from "./encoders.ts";
import { entriesOf, folderOf, picture, writeFiles } from "./support.ts";
import { collectingLog, silentLog } from "../../support/log.ts";

let app: TestApp;
let encoders: string;
let names = 0;

beforeAll(async () => {
  encoders = await mkdtemp(join(tmpdir(), "anchorage-"));
  await writeEncoders(encoders);
  app = await openTestApp({ folders: [encoders] });
});

afterAll(async () => {
  await app.close();
  await rm(encoders, { recursive: true });
});

interface Collection extends ImportTarget {
  readonly name: CollectionName;
  /** How many anchors each write had. */
  readonly writes: number[];
}

/** A new collection of the real application as the target of an import. */
const newCollection = async (): Promise<Collection> => {
  const { collections } = app.service;
  const name = `import-${++names}` as CollectionName;
  await collections.create({ name, imageEncoder: QUICK });
  const writes: number[] = [];
  return {
    name,
    writes,
    compare: (contents) => collections.compareAnchors(name, contents as readonly AnchorContent[]),
    put: async (anchors) => {
      await collections.putAnchors(name, anchors);
      writes.push(anchors.length);
    },
  };
};

const captionsOf = async ({ name }: Collection): Promise<Record<string, string | null>> => {
  const { anchors } = await app.service.collections.listAnchors(name, { limit: 1_000 });
  return Object.fromEntries(anchors.map(({ id, text }) => [id, text]));
};

const tableOf = async (rows: readonly string[], images: Readonly<Record<string, Uint8Array>>) => {
  const folder = await folderOf({ "t.csv": ["path,caption", ...rows, ""].join("\n"), ...images });
  return () => openPairSource([join(folder, "t.csv")], { captionFrom: "auto", table: {} });
};

const identitiesOf = async (source: PairSource, prefix = false): Promise<Identities> => {
  const signal = new AbortController().signal;
  return (await planImport(source, { prefix, faultOf: faultIn, signal, onProgress: () => undefined }))
    .identities;
};

const nothingStored: ImportTarget["compare"] = (contents) =>
  Promise.resolve(contents.map(({ id }) => ({ id, state: "absent", differs: [] })));

const run = async (
  source: PairSource,
  target: ImportTarget,
  options: {
    replace?: boolean;
    signal?: AbortSignal;
    onProgress?: (counts: ImportCounts) => void;
    identities?: Identities;
  } = {},
) => {
  const rejects: Reject[] = [];
  const { counts } = await importPairs(source, target, {
    identities: options.identities ?? (await identitiesOf(source)),
    replace: options.replace ?? false,
    signal: options.signal ?? new AbortController().signal,
    onReject: (rejected) => rejects.push(rejected),
    onProgress: options.onProgress ?? (() => undefined),
  });
  return { counts, reasons: rejects.map(({ source: at, reason }) => `${at.replace(/.*:/, "")}: ${reason}`) };
};

describe("an import", () => {
  it("stores pairs, rejects what cannot be one by line and reason, and counts every entry once", async () => {
    const image = await picture(0);
    const open = await tableOf(
      [
        "a.png,a fox",
        "b.png,",
        "broken.png,b",
        "gone.png,c",
        "a.png,a fox again",
        `a.png,${"x".repeat(10_001)}`,
      ],
      { "a.png": image, "b.png": image, "broken.png": image.subarray(0, 60) },
    );
    const collection = await newCollection();
    const { counts, reasons } = await run(await open(), collection);
    expect(Object.values(await captionsOf(collection)).sort()).toEqual(["a fox", "a fox again"]);
    expect(counts).toEqual({ read: 6, stored: 2, present: 0, rejected: 4, changed: 0, ignored: 0 });
    expect(reasons.sort()).toEqual([
      "3: the caption is empty",
      expect.stringMatching(/^4: (cannot be decoded|is not an image)/),
      expect.stringMatching(/^5: .*gone\.png does not exist$/),
      "7: its caption is 10001 characters long; at most 10000 are accepted",
    ]);
  });

  it("leaves what is stored and equal, and rejects what has changed unless it is to be replaced", async () => {
    const images = { "a.png": await picture(0), "b.png": await picture(120) };
    const folder = await folderOf({ "t.csv": "path,caption\na.png,a fox\n", ...images });
    const open = () => openPairSource([join(folder, "t.csv")], { captionFrom: "auto", table: {} });
    const collection = await newCollection();
    await run(await open(), collection);
    await writeFiles(folder, { "t.csv": "path,caption\na.png,a wolf\nb.png,an owl\n" });
    const second = await run(await open(), collection);
    expect(second.counts).toMatchObject({ stored: 1, present: 0, rejected: 1, changed: 1 });
    expect(second.reasons).toEqual(["2: its caption differs from what is stored; --replace writes it"]);
    expect(await captionsOf(collection)).toEqual({ a: "a fox", b: "an owl" });
    expect((await run(await open(), collection, { replace: true })).counts).toMatchObject({ stored: 2 });
    expect(await captionsOf(collection)).toEqual({ a: "a wolf", b: "an owl" });
    expect((await run(await open(), collection)).counts).toMatchObject({ stored: 0, present: 2 });
  });

  it("finishes the batches under way when it is stopped, and goes on from there", async () => {
    const image = await picture(200);
    const open = await tableOf(
      Array.from({ length: 100 }, (_, i) => `a.png,fox ${i}`),
      { "a.png": image },
    );
    const collection = await newCollection();
    const stop = new AbortController();
    const stopped = await run(await open(), collection, {
      signal: stop.signal,
      onProgress: ({ stored }) => {
        if (stored > 0) stop.abort();
      },
    });
    const { stored } = stopped.counts;
    expect([32, 64]).toContain(stored);
    expect(Object.keys(await captionsOf(collection))).toHaveLength(stored);
    const { counts } = await run(await open(), collection);
    expect(counts).toEqual({
      read: 100,
      stored: 100 - stored,
      present: stored,
      rejected: 0,
      changed: 0,
      ignored: 0,
    });
  });

  it("reads no further than the batches that are being stored", async () => {
    let read = 0;
    const image = await picture(30);
    const source: PairSource = {
      unit: "row",
      fraction: () => 0,
      entries: async function* () {
        const open = await tableOf(
          Array.from({ length: 1_000 }, (_, i) => `a.png,fox ${i}`),
          { "a.png": image },
        );
        for await (const entry of (await open()).entries()) {
          read++;
          yield entry;
        }
      },
    };
    const full = new AnchorageError("unavailable", "the disk is full");
    const put = (): Promise<void> => Promise.reject(full);
    await expect(
      run(source, { compare: nothingStored, put }, { identities: createIdentities({ prefix: false }) }),
    ).rejects.toBe(full);
    expect(read).toBeLessThan(150);
  });

  it("stores what was read before a source failed, and throws its error", async () => {
    const image = await picture(60);
    const open = await tableOf(["a.png,a fox"], { "a.png": image });
    const entries = await entriesOf(await open());
    const broken: PairSource = {
      unit: "row",
      fraction: () => 0,
      entries: async function* () {
        yield* entries;
        await Promise.reject(new AnchorageError("invalid-input", "t.csv may not be read"));
      },
    };
    const collection = await newCollection();
    const identities = await identitiesOf(await open());
    await expect(run(broken, collection, { identities })).rejects.toThrow("t.csv may not be read");
    expect(await captionsOf(collection)).toEqual({ a: "a fox" });
  });

  it("sends images of a service's limit in requests of their own", async () => {
    const rejects: string[] = [];
    const sent: number[] = [];
    const large = 20 * 1024 * 1024;
    const folder = await folderOf({
      "a.png": Buffer.alloc(large),
      "b.png": Buffer.alloc(large),
      "c.png": Buffer.alloc(5),
    });
    const source = await openPairSource([folder], { captionFrom: "auto", table: {} });
    const limited: ImportTarget = {
      compare: nothingStored,
      put: (anchors) => {
        sent.push(anchors.length);
        const bytes = anchors.reduce((sum, { image }) => sum + image.length, 0);
        return bytes > large - 1
          ? Promise.reject(new AnchorageError("too-large", "too much"))
          : Promise.resolve();
      },
    };
    const { counts } = await importPairs(source, limited, {
      identities: await identitiesOf(source),
      replace: false,
      signal: new AbortController().signal,
      onReject: ({ id, reason }) => rejects.push(`${id ?? ""}: ${reason}`),
      onProgress: () => undefined,
    });
    expect(counts).toMatchObject({ stored: 1, rejected: 2 });
    expect(rejects).toEqual(["a: too much", "b: too much"]);
    expect(sent).toEqual([1, 2, 1, 1]);
  });
});

describe("a preview", () => {
  it("decodes every image, counts what would be imported, and stores nothing", async () => {
    const long = "x".repeat(10_001);
    const open = await tableOf(
      ["a.png,a", "b.png,b", "half.png,b", "gone.png,c", "a.png,", "a.png,d", `a.png,${long}`],
      {
        "a.png": await picture(0),
        "b.png": await picture(120),
        "half.png": (await picture(60)).subarray(0, 60),
      },
    );
    const preview = await previewPairs(await open(), {
      examples: 2,
      identities: await identitiesOf(await open()),
      decode: makeThumbnail,
      signal: new AbortController().signal,
      onReject: () => undefined,
      onProgress: () => undefined,
    });
    expect(preview).toMatchObject({ pairs: 3, rejected: 4, examples: [{ text: "a" }, { id: "b" }] });
  });
});

describe("the log of rejects", () => {
  it("tells the first ten, counts the others, and writes all of them to a file", async () => {
    const file = join(await temporaryDirectory(), "rejects.jsonl");
    const told: string[] = [];
    const log = openRejectLog(file, [], collectingLog(told));
    for (let i = 0; i < 12; i++) log.add({ kind: "reject", source: `t.csv:${i}`, reason: "is wrong" });
    log.close();
    expect(told).toHaveLength(11);
    expect(told[0]).toBe("rejected t.csv:0: is wrong");
    expect(told[10]).toBe(`and 2 more: see ${file}`);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(12);
    expect(JSON.parse(lines[11] ?? "")).toEqual({ source: "t.csv:11", reason: "is wrong" });
  });

  it("refuses a file that cannot be written", () => {
    expect(() => openRejectLog("/nowhere/rejects.jsonl", [], silentLog)).toThrow("/nowhere/rejects.jsonl");
  });

  it("replaces what an earlier import rejected", async () => {
    const folder = await folderOf({
      "r.jsonl":
        '{"source":"t.csv:1","id":"a","reason":"is wrong"}\n{"source":"t.csv:2","reason":"is wrong"}\n',
    });
    openRejectLog(join(folder, "r.jsonl"), [], silentLog).close();
    expect(await readFile(join(folder, "r.jsonl"), "utf8")).toBe("");
  });

  it.each([
    ["path,caption\na.png,a\n", /holds something else than rejects, and is left as it is/],
    ['{"source":"web","path":"a.png","caption":"a"}\n', /holds something else than rejects/],
  ])("leaves another file as it is: %j", async (contents, message) => {
    const folder = await folderOf({ "pairs.csv": contents });
    const file = join(folder, "pairs.csv");
    expect(() => openRejectLog(file, [], silentLog)).toThrow(message);
    expect(await readFile(file, "utf8")).toBe(contents);
  });

  it("is none of the sources, by whatever path it is named", async () => {
    const folder = await folderOf({ "pairs.jsonl": "" });
    await symlink(join(folder, "pairs.jsonl"), join(folder, "link.jsonl"));
    expect(() => openRejectLog(join(folder, "link.jsonl"), [join(folder, "pairs.jsonl")], silentLog)).toThrow(
      /link\.jsonl is a source; rejects need a file of their own/,
    );
  });
});
