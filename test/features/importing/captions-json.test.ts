import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPairSource } from "../../../src/features/importing/index.ts";
import { entriesOf, folderOf, pairsIn, summaryOf } from "./support.ts";

const read = async (value: unknown) => {
  const folder = await folderOf({
    "captions.json": typeof value === "string" ? value : JSON.stringify(value),
  });
  const source = await openPairSource([join(folder, "captions.json")], { captionFrom: "auto", table: {} });
  return entriesOf(source);
};

describe("a JSON file of captions", () => {
  it("is read as COCO writes it, one pair a caption", async () => {
    const entries = await read({
      info: { year: 2017 },
      images: [
        { id: 7, file_name: "0.jpg", width: 640 },
        { id: 8, file_name: "1.jpg" },
        { id: 9, file_name: "2.jpg" },
      ],
      annotations: [
        { id: 1, image_id: 7, caption: "a red circle" },
        { id: 2, image_id: 8, caption: "a square" },
        { id: 3, image_id: 7, caption: "a round thing" },
        { id: 4, image_id: 5, caption: "lost" },
      ],
    });
    expect(summaryOf(entries)).toEqual([
      "0: a red circle",
      "1: a square",
      "0: a round thing",
      "! there is no image with the id 5",
      "! no caption names the image with the id 9",
    ]);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ image_id: 7, annotation_id: 1, width: 640 });
  });

  it("is read as Karpathy's splits are written", async () => {
    const images = [
      { filename: "0.jpg", split: "train", sentences: [{ raw: "a fox" }, { raw: "a red fox" }] },
    ];
    const entries = await read({ dataset: "flickr30k", images });
    expect(summaryOf(entries)).toEqual(["0: a fox", "0: a red fox"]);
    expect(pairsIn(entries)[0]?.metadata).toEqual({ split: "train" });
  });

  it("is read as a list of rows, and as captions by image", async () => {
    expect(summaryOf(await read([{ image: "0.jpg", caption: "a fox" }, 7]))).toEqual([
      "0: a fox",
      "! is not a JSON object",
    ]);
    expect(
      summaryOf(await read({ "0.jpg": "a fox", "1.png": ["an owl", "a bird"], "2.jpg": { text: "a jay" } })),
    ).toEqual(["0: a fox", "1: an owl", "1: a bird", "2: a jay"]);
  });

  it.each([
    ["holds something else", { name: "anchorage" }, "holds no captions"],
    ["is not JSON", "{", "is not JSON"],
  ])("is refused where it %s", async (_, value, message) => {
    await expect(read(value)).rejects.toThrow(message);
  });
});
