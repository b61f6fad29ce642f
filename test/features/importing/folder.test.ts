import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource, type CaptionFrom } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, rejectsIn, summaryOf } from "./support.ts";

const open = (folder: string, captionFrom: CaptionFrom = "auto") =>
  openPairSource([folder], { captionFrom, table: {} });

describe("a folder of images", () => {
  it("gives images at any depth in order of their paths, and then what is not used", async () => {
    const folder = await folderOf({
      "b.png": "b",
      "a/red_fox.JPG": "fox",
      "a/notes.md": "no image",
      ".hidden.png": "hidden",
      ".cache/x.png": "hidden",
    });
    const entries = await entriesOf(await open(folder));
    expect(summaryOf(entries)).toEqual([
      "a/red_fox: red fox",
      "b: b",
      "- is no image, and no captions of one",
    ]);
    expect(await pairsIn(entries)[0]?.image()).toEqual(Buffer.from("fox"));
  });

  it("takes the caption beside an image before the words of its name", async () => {
    const folder = await folderOf({ "x.png": "x", "x.txt": "\u{FEFF}A red\n fox.\n", "y_z.png": "y" });
    expect(summaryOf(await entriesOf(await open(folder)))).toEqual(["x: A red fox.", "y_z: y z"]);
  });

  it("passes captions beside images over where names were asked for", async () => {
    const folder = await folderOf({ "x.png": "x", "x.txt": "a red fox" });
    const entries = await entriesOf(await open(folder, ["name"]));
    expect(summaryOf(entries)).toEqual(["x: x", "- the caption is taken from file names"]);
    expect(entries[1]).toMatchObject({ source: join(folder, "x.txt"), captionKind: "sidecar" });
  });

  it("takes captions from the folders that images lie in", async () => {
    const folder = await folderOf({ "red_fox/1.png": "1", "owl/deep/2.png": "2", "3.png": "3" });
    expect(summaryOf(await entriesOf(await open(folder, ["folder"])))).toEqual([
      "! lies in no class folder, which its caption was to come from",
      "owl/deep/2: deep",
      "red_fox/1: red fox",
    ]);
  });

  it.each(["0001", "IMG_2041"])(
    "rejects an image whose name %s has no words, and says what to do",
    async (id) => {
      const folder = await folderOf({ [`${id}.png`]: "x" });
      expect(rejectsIn(await entriesOf(await open(folder)))).toEqual([
        {
          kind: "reject",
          id,
          source: join(folder, `${id}.png`),
          reason: `has no words in its name: put a caption beside it as ${id}.txt, rename it, or take --caption-from folder`,
        },
      ]);
    },
  );

  it("follows links once, also those that lead back", async () => {
    const folder = await folderOf({ "a/fox.png": "fox" });
    await symlink(join(folder, "a"), join(folder, "b"));
    await symlink(folder, join(folder, "a", "loop"));
    await symlink(join(folder, "nowhere.png"), join(folder, "gone.png"));
    expect(summaryOf(await entriesOf(await open(folder)))).toEqual([
      "a/fox: fox",
      `! ${join(folder, "gone.png")} does not exist`,
    ]);
  });

  it("tells how far it was read", async () => {
    const source = await open(await folderOf({ "a.png": "a", "b.png": "b" }));
    const entries = source.entries();
    await entries.next();
    expect(source.fraction()).toBe(0.5);
    await entries.next();
    expect(source.fraction()).toBe(1);
  });

  it("refuses an image whose file is empty when it is read", async () => {
    const [pair] = pairsIn(await entriesOf(await open(await folderOf({ "fox.png": "" }))));
    await expect(pair?.image()).rejects.toThrow("the image file is empty");
  });
});

describe("folders of which one lies below another", () => {
  it("are read once", async () => {
    const folder = await folderOf({ "fox.png": "fox", "a/owl.png": "owl", "a/b/jay.png": "jay" });
    const source = await open(join(folder, "**"));
    expect(summaryOf(await entriesOf(source))).toEqual(["a/b/jay: jay", "a/owl: owl", "fox: fox"]);
    expect(source.paths).toEqual([folder]);
  });
});

describe("a folder with images and archives", () => {
  it.each([
    ["fox.png", "stray.tar"],
    ["foxes/fox.png", "stray.parquet"],
  ])("of %s and %s is refused, with what to name", async (image, archive) => {
    const folder = await folderOf({ [image]: "fox", [archive]: "" });
    await expect(open(folder)).rejects.toThrow(
      `${folder} holds images (${image}) and also ${archive}. Name the file, ${join(folder, archive)}, to import it`,
    );
  });
});

describe("a source that is none", () => {
  it.each([
    ["does not exist", "nowhere", "does not exist"],
    ["matches nothing", "*.csv", "nothing matches"],
    ["is another kind of file", "a.pdf", "is none of .csv"],
  ])("is refused by its name where it %s", async (_, name, message) => {
    const folder = await folderOf({ "a.pdf": "" });
    const opening = open(join(folder, name));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(join(folder, name));
  });
});
