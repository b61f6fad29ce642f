import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { openDataset, type LabelledImages } from "../../../../src/features/evaluation/datasets/index.ts";
import { folderOf, picture } from "../../importing/support.ts";

const red = await picture(0);
const blue = await picture(240);

/** What matters of a data set, short: the end of each image's path with the first name of its class. */
const told = ({ images, classes }: LabelledImages) =>
  images.map(
    ({ source, truth }) => `${source.split("/").slice(-2).join("/")}: ${classes[truth]?.names[0] ?? "?"}`,
  );

const SYNSETS =
  "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus\nn09999999 nothing here\n";

describe("a folder a class", () => {
  it("of ImageNet has its names from the list that Kaggle puts beside it, every synonym being right", async () => {
    const folder = await folderOf({
      "LOC_synset_mapping.txt": SYNSETS,
      "ILSVRC/Data/val/n01440764/ILSVRC2012_val_00000293.JPEG": red,
      "ILSVRC/Data/val/n01443537/ILSVRC2012_val_00000236.JPEG": blue,
    });
    const dataset = await openDataset(join(folder, "ILSVRC", "Data", "val"));
    expect(told(dataset)).toEqual([
      "n01440764/ILSVRC2012_val_00000293.JPEG: tench",
      "n01443537/ILSVRC2012_val_00000236.JPEG: goldfish",
    ]);
    expect(dataset.classes.map(({ names }) => names)).toEqual([
      ["tench", "Tinca tinca"],
      ["goldfish", "Carassius auratus"],
    ]);
    expect(told(await openDataset(join(folder, "ILSVRC", "Data")))).toEqual(told(dataset));
  });

  it("of EuroSAT is called as its folders are, in words", async () => {
    const folder = await folderOf({
      "2750/AnnualCrop/AnnualCrop_1.jpg": red,
      "2750/AnnualCrop/AnnualCrop_2.jpg": red,
      "2750/SeaLake/SeaLake_1.jpg": blue,
    });
    expect(told(await openDataset(folder))).toEqual([
      "AnnualCrop/AnnualCrop_1.jpg: annual crop",
      "AnnualCrop/AnnualCrop_2.jpg: annual crop",
      "SeaLake/SeaLake_1.jpg: sea lake",
    ]);
  });

  it("of an exported CIFAR-100 is asked by its test folder", async () => {
    const folder = await folderOf({
      "train/apple/0.png": red,
      "test/apple/1.png": red,
      "test/aquarium_fish/2.png": blue,
    });
    expect(told(await openDataset(folder))).toEqual([
      "apple/1.png: apple",
      "aquarium_fish/2.png: aquarium fish",
    ]);
  });

  it("passes over what lies in no class folder, and says so", async () => {
    const folder = await folderOf({ "a/1.png": red, "b/1.png": blue, "loose.png": red });
    const { images, rejects } = await openDataset(folder);
    expect(images).toHaveLength(2);
    expect(rejects).toEqual([{ source: join(folder, "loose.png"), reason: "lies in no class folder" }]);
  });

  it("needs images of two classes", async () => {
    const folder = await folderOf({ "a/1.png": red });
    await expect(openDataset(folder)).rejects.toThrow(/images of 1 classes; at least two are needed/);
    await expect(openDataset(join(folder, "nowhere"))).rejects.toThrow(/nowhere does not exist/);
    await expect(openDataset(join(folder, "a", "1.png"))).rejects.toThrow(/neither a folder nor a CIFAR-100/);
  });
});

describe("names of classes", () => {
  const withNames = async (file: string, contents: string) => {
    const folder = await folderOf({ "d/n01440764/1.png": red, "d/n01443537/1.png": blue, [file]: contents });
    const { classes } = await openDataset(join(folder, "d"), join(folder, file));
    return classes.map(({ names }) => names.join("|"));
  };

  it.each([
    [
      "one a line, in the order of the folders",
      "names.txt",
      "tench\ngoldfish, small\n",
      ["tench", "goldfish, small"],
    ],
    [
      "lines that begin with the folder",
      "map.txt",
      SYNSETS,
      ["tench|Tinca tinca", "goldfish|Carassius auratus"],
    ],
    ["a JSON list", "names.json", '["tench", ["goldfish", "carp"]]', ["tench", "goldfish|carp"]],
    [
      "a JSON object",
      "names.json",
      '{"n01443537": "goldfish", "n01440764": ["tench"]}',
      ["tench", "goldfish"],
    ],
    [
      "Keras's imagenet_class_index.json",
      "index.json",
      '{"0": ["n01440764", "tench"], "1": ["n01443537", "gold_fish"]}',
      ["tench", "gold fish"],
    ],
  ])("come from %s", async (_, file, contents, expected) => {
    expect(await withNames(file, contents)).toEqual(expected);
  });

  it("that are too few, missing or no names are refused by the file's name", async () => {
    await expect(withNames("names.txt", "tench\n")).rejects.toThrow(
      /names\.txt names 1 classes, and there are 2/,
    );
    await expect(withNames("map.txt", "n01440764 tench\n")).rejects.toThrow(/no name for class "n01443537"/);
    await expect(withNames("names.json", "{")).rejects.toThrow(/names\.json is neither a JSON list/);
    await expect(withNames("names.json", "[1, 2]")).rejects.toThrow(/names\.json is neither a JSON list/);
  });
});

describe("CIFAR-100's binary version", () => {
  /** A coarse label, a fine one, and planes of red, green and blue. */
  const record = (fine: number, [r, g, b]: readonly [number, number, number]): Uint8Array =>
    Uint8Array.from([
      7,
      fine,
      ...new Array<number>(1024).fill(r),
      ...new Array<number>(1024).fill(g),
      ...new Array<number>(1024).fill(b),
    ]);
  const NAMES = "apple\naquarium_fish\nbaby\n";
  const bytes = Buffer.concat([record(1, [255, 0, 10]), record(0, [0, 200, 30])]);

  it("is read by its fine labels, the names being beside it", async () => {
    const folder = await folderOf({ "test.bin": bytes, "fine_label_names.txt": NAMES });
    const dataset = await openDataset(folder);
    expect(told(dataset).map((line) => line.split(": ")[1])).toEqual(["aquarium fish", "apple"]);
    expect(dataset.classes).toHaveLength(3);
    expect(await openDataset(join(folder, "test.bin"))).toMatchObject({ layout: dataset.layout });
  });

  it("gives pictures with the colours that were written", async () => {
    const folder = await folderOf({ "test.bin": bytes, "fine_label_names.txt": NAMES });
    const [first] = (await openDataset(folder)).images;
    const { data, info } = await sharp(await first?.image())
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([32, 32, 3]);
    expect([...data.subarray(0, 3), ...data.subarray(-3)]).toEqual([255, 0, 10, 255, 0, 10]);
  });

  it("that is cut off or has labels without a name is refused", async () => {
    const cut = await folderOf({ "test.bin": bytes.subarray(1), "fine_label_names.txt": NAMES });
    await expect(openDataset(cut)).rejects.toThrow(
      /6147 bytes, which are not whole CIFAR-100 records of 3074/,
    );
    const unnamed = await folderOf({ "test.bin": bytes, "fine_label_names.txt": "apple\n" });
    await expect(openDataset(unnamed)).rejects.toThrow(
      /image 0 has label 1, and fine_label_names.txt names 1/,
    );
    await expect(openDataset(await folderOf({ "test.bin": bytes }))).rejects.toThrow(
      /fine_label_names.txt does not/,
    );
  });
});

describe("Oxford-IIIT Pets", () => {
  const FILES = {
    "images/Abyssinian_1.jpg": red,
    "images/Abyssinian_100.jpg": red,
    "images/american_bulldog_3.jpg": blue,
    "images/Birman_7.jpg": red,
  };

  it("asks for the images of its test list, by breed and species", async () => {
    const folder = await folderOf({
      ...FILES,
      "annotations/list.txt": "#Image CLASS-ID SPECIES BREED ID\nAbyssinian_1 1 1 1\nBirman_7 7 1 3\n",
      "annotations/test.txt": "Abyssinian_100 1 1 1\namerican_bulldog_3 2 2 1\nBirman_9 7 1 3\n",
    });
    const dataset = await openDataset(folder);
    expect(told(dataset)).toEqual([
      "images/Abyssinian_100.jpg: abyssinian cat",
      "images/american_bulldog_3.jpg: american bulldog dog",
    ]);
    expect(dataset.rejects).toEqual([
      { source: "Birman_9", reason: expect.stringContaining("not there") as string },
    ]);
  });

  it("asks for those of its whole list where there is no test list, comments passed over", async () => {
    const folder = await folderOf({
      ...FILES,
      "annotations/list.txt": "#Image CLASS-ID SPECIES BREED ID\nAbyssinian_1 1 1 1\nBirman_7 7 1 3\n",
    });
    expect(told(await openDataset(folder))).toEqual([
      "images/Abyssinian_1.jpg: abyssinian cat",
      "images/Birman_7.jpg: birman cat",
    ]);
  });

  it("says which line of a list is none", async () => {
    const folder = await folderOf({ ...FILES, "annotations/test.txt": "Abyssinian_1 1 1 1\nBirman_7\n" });
    await expect(openDataset(folder)).rejects.toThrow(/test\.txt: line 2 is not "image class species breed"/);
  });
});

it("an image's version changes with its file, so that its vector is made anew", async () => {
  const folder = await folderOf({ "a/1.png": red, "b/1.png": blue });
  const path = join(folder, "a", "1.png");
  const before = (await openDataset(folder)).images[0];
  await utimes(path, 1, 1);
  const after = (await openDataset(folder)).images[0];
  expect(after?.source).toBe(before?.source);
  expect(after?.version).not.toBe(before?.version);
  expect(await after?.image()).toEqual(await readFile(path));
});
