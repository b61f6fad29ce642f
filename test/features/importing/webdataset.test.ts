import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { openPairSource, type TableOptions } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, rejectsIn, summaryOf } from "./support.ts";

const shardOf = async (members: readonly (readonly [string, string | Buffer])[]): Promise<Buffer> => {
  const archive = pack();
  for (const [name, contents] of members) archive.entry({ name }, contents);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
};

const read = async (
  files: Readonly<Record<string, Uint8Array>>,
  pattern: string,
  table: TableOptions = {},
) => {
  const folder = await folderOf(files);
  return entriesOf(await openPairSource([join(folder, pattern)], { captionFrom: "auto", table }));
};

const SHARD = [
  ["000.jpg", "image 0"],
  ["000.txt", "a red\nfox"],
  ["000.json", '{"owner":"ann"}'],
  ["001.json", '{"caption":"an owl","year":2020}'],
  ["001.png", "image 1"],
] as const;

describe("a WebDataset shard", () => {
  it("gives a pair for the members that share a name up to its first dot", async () => {
    const entries = await read({ "s.tar": await shardOf(SHARD) }, "s.tar");
    expect(pairsIn(entries)).toMatchObject([
      { id: "s/000", text: "a red fox", metadata: { owner: "ann" } },
      { id: "s/001", text: "an owl", metadata: { year: 2020 } },
    ]);
    expect(pairsIn(entries)[1]?.metadata).not.toHaveProperty("caption");
    expect(await pairsIn(entries)[1]?.image()).toEqual(Buffer.from("image 1"));
  });

  it("of CLIP benchmark has the names of classes as captions, beside others as metadata", async () => {
    const shard = await shardOf([
      ["s0.webp", "image 0"],
      ["s0.cls", "1"],
      ["s1.webp", "image 1"],
      ["s1.cls", "0"],
      ["s1.txt", "a boxer"],
      ["s2.webp", "image 2"],
      ["s2.cls", "7"],
    ]);
    const entries = await read(
      {
        "classnames.txt": Buffer.from("dog\nsiamese cat\n"),
        "test/0.tar": shard,
        "test/nshards.txt": Buffer.from("1"),
      },
      "",
    );
    expect(pairsIn(entries)).toMatchObject([
      { id: "0/s0", text: "siamese cat", metadata: { class: "siamese cat" }, captionFrom: { label: ".cls" } },
      { id: "0/s1", text: "a boxer", metadata: { class: "dog" } },
    ]);
    expect(rejectsIn(entries)).toMatchObject([
      { reason: "its .cls is 7, and no classnames.txt beside the shard has a name for it" },
    ]);
  });

  it("reads shards of a range one after the other, packed ones too", async () => {
    const files = {
      "s-008.tar": await shardOf([
        ["a.png", "a"],
        ["a.txt", "a"],
      ]),
      "s-009.tar.gz": gzipSync(
        await shardOf([
          ["b.png", "b"],
          ["b.txt", "b"],
        ]),
      ),
    };
    expect(summaryOf(await read(files, "s-{008..009}.tar*"))).toEqual(["s-008/a: a", "s-009/b: b"]);
    expect(summaryOf(await read(files, ""))).toEqual(["s-008/a: a", "s-009/b: b"]);
  });

  it("takes captions and ids from the keys that are named", async () => {
    const json = '{"title":"an owl","key":17,"secret":1}';
    const shard = await shardOf([
      ["a.png", "a"],
      ["a.json", json],
      ["b.png", "b"],
      ["b.json", '{"title":"b"}'],
    ]);
    const table = { caption: "title", id: "key", without: ["secret"] };
    const entries = await read({ "s.tar": shard }, "s.tar", table);
    expect(entries).toMatchObject([
      { id: "17", text: "an owl", metadata: {} },
      { reason: 'its .json has no "key" for an id' },
    ]);
  });

  it("rejects samples without an image, with an empty one, or with wrong JSON, and goes on", async () => {
    const shard = await shardOf([
      ["a.txt", "a"],
      ["b.png", ""],
      ["b.txt", "b"],
      ["c.png", "c"],
      ["c.json", "{"],
      ["dir/d.e.png", "d"],
      ["dir/d.txt", "d"],
    ]);
    const entries = await read({ "s.tar": shard }, "s.tar");
    expect(summaryOf(entries)).toEqual([
      "! the sample has no image, only .txt",
      "! the image has no bytes",
      expect.stringMatching(/^! its \.json is not JSON: /),
      "s/dir/d: d",
    ]);
    expect(entries[0]?.source).toMatch(/s\.tar#a$/);
  });

  it("reads members that lie apart from the others of their sample", async () => {
    const shard = await shardOf([
      ["a.png", "a"],
      ["b.png", "b"],
      ["a.txt", "a fox"],
      ["c.png", "c"],
      ["c.txt", "a jay"],
      ["b.txt", "an owl"],
    ]);
    const files = { "s.tar": shard, "t.tar.gz": gzipSync(shard) };
    expect(summaryOf(await read(files, "*"))).toEqual([
      "s/a: a fox",
      "s/c: a jay",
      "s/b: an owl",
      "t/a: a fox",
      "t/c: a jay",
      "t/b: an owl",
    ]);
  });

  it("keeps two samples of one key apart", async () => {
    const shard = await shardOf([
      ["a.png", "1"],
      ["a.txt", "a fox"],
      ["a.png", "2"],
      ["a.txt", "an owl"],
    ]);
    const pairs = pairsIn(await read({ "s.tar": shard }, "s.tar"));
    expect(summaryOf(pairs)).toEqual(["s/a: a fox", "s/a: an owl"]);
    expect(await pairs[1]?.image()).toEqual(Buffer.from("2"));
  });

  it("reads named members, and takes a plain one before them", async () => {
    const shard = await shardOf([
      ["a.input.png", "in"],
      ["a.png", "plain"],
      ["a.caption.txt", "a fox"],
      ["b.image.jpg", "b"],
      ["b.meta.json", '{"caption":"an owl","year":2020}'],
    ]);
    const pairs = pairsIn(await read({ "s.tar": shard }, "s.tar"));
    expect(pairs).toMatchObject([
      { text: "a fox", captionFrom: { label: ".caption.txt" } },
      { text: "an owl", metadata: { year: 2020 }, captionFrom: { label: ".meta.json" } },
    ]);
    expect(await pairs[0]?.image()).toEqual(Buffer.from("plain"));
  });

  it("reads NaN, whole numbers beyond 2^53 and lists of captions in .json, and UTF-16 in .txt", async () => {
    const shard = await shardOf([
      ["a.png", "a"],
      ["a.json", '{"caption":["a fox","a red fox"],"similarity":NaN,"post":1234567890123456789}'],
      ["b.png", "b"],
      ["b.txt", Buffer.from("\u{FEFF}an owl", "utf16le")],
    ]);
    const entries = await read({ "s.tar": shard }, "s.tar");
    expect(summaryOf(entries)).toEqual(["s/a: a fox", "s/a: a red fox", "s/b: an owl"]);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ post: "1234567890123456789" });
  });

  it("names the format of an image that is not read", async () => {
    const shard = await shardOf([
      ["a.heic", "a"],
      ["a.txt", "a fox"],
    ]);
    expect(summaryOf(await read({ "s.tar": shard }, "s.tar"))).toEqual([
      expect.stringMatching(/^! HEIC is not read here; convert it to JPEG/),
    ]);
  });

  it("gives what stands before a break, names where it is, and goes on with the next shard", async () => {
    const large = "x".repeat(100_000);
    const whole = await shardOf([
      ["a.png", "a"],
      ["a.txt", "a"],
      ["b.png", large],
      ["b.txt", "b"],
    ]);
    const files = { "1.tar": whole.subarray(0, 50_000), "2.tar": await shardOf(SHARD) };
    const entries = await read(files, "*.tar");
    expect(summaryOf(pairsIn(entries))).toEqual(["1/a: a", "2/000: a red fox", "2/001: an owl"]);
    expect(rejectsIn(entries)).toMatchObject([
      {
        reason: expect.stringMatching(
          /^the archive cannot be read on in or after the sample "b": /,
        ) as string,
      },
    ]);
  });

  it("keeps a sample that was whole before a break, but none whose members the break is in", async () => {
    const whole = await shardOf([
      ["a.png", "a"],
      ["a.txt", "a"],
      ["a.json", '{"owner":"ann"}'],
    ]);
    // A header and its contents take 512 bytes each.
    const [afterJson, inJson] = [Buffer.concat([whole.subarray(0, 3072), Buffer.alloc(100, 1)]), 2565];
    const files = { "1.tar": afterJson, "2.tar": whole.subarray(0, inJson) };
    const entries = await read(files, "*.tar");
    expect(pairsIn(entries)).toMatchObject([{ id: "1/a", text: "a", metadata: { owner: "ann" } }]);
    expect(rejectsIn(entries)).toHaveLength(2);
  });

  it.each([
    ["no archive", Buffer.from("nonsense ".repeat(200)), "s.tar"],
    ["damaged where it is packed", gzipSync(Buffer.alloc(5_000, 1)).subarray(0, 20), "s.tar.gz"],
  ])("is rejected by its name where it is %s", async (_, bytes, name) => {
    const [rejected, ...others] = await read({ [name]: bytes }, name);
    expect(others).toEqual([]);
    expect(rejected).toMatchObject({
      source: expect.stringMatching(new RegExp(`/${name}$`)) as string,
      reason: expect.stringMatching(/^the archive cannot be read on: /) as string,
    });
  });

  it("keeps hidden members and names that climb out of the archive from being more than names", async () => {
    const shard = await shardOf([
      ["../../a.png", "a"],
      ["../../a.txt", "a"],
      ["._b.png", "b"],
    ]);
    const [entry, ...others] = await read({ "s.tar": shard }, "s.tar");
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: "pair", text: "a" });
  });
});
