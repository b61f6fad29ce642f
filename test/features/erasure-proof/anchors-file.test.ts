import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSuspects } from "../../../src/features/erasure-proof/index.ts";
import { temporaryDirectory } from "../../support/postgres.ts";

const read = async (contents: string) => {
  const file = join(await temporaryDirectory(), "gone.jsonl");
  await writeFile(file, contents);
  return readSuspects(file);
};

describe("a file of anchors", () => {
  test("is read as it was imported or exported, whatever else stands in its lines", async () => {
    const lines = [
      {
        id: "a",
        text: "an owl",
        imageVector: [1, 0.1],
        textVector: [2],
        metadata: { n: 1 },
        hasImage: false,
      },
      { caption: "a hen", path: "hen.png" },
    ];
    const suspects = await read(`${lines.map((line) => JSON.stringify(line)).join("\n\n")}\r\n`);
    const source = expect.stringMatching(/gone\.jsonl:[13]$/) as string;
    expect(suspects).toEqual([
      {
        source,
        id: "a",
        caption: "an owl",
        metadata: { n: 1 },
        imageVector: Float32Array.of(1, 0.1),
        textVector: Float32Array.of(2),
      },
      { source, id: null, caption: "a hen", metadata: null, imageVector: null, textVector: null },
    ]);
  });

  test.each([
    ["nothing", "\n", /gone\.jsonl: holds no anchor$/],
    ["what is no JSON", `{"text": "an owl"}\nwords\n`, /gone\.jsonl:2: is not a JSON object$/],
    ["a list", "[1]\n", /gone\.jsonl:1: is not a JSON object$/],
    ["an id alone", `{"id": "a"}\n`, /gone\.jsonl:1: has none of text, imageVector and textVector/],
    ["an empty text alone", `{"id": "a", "text": ""}\n`, /gone\.jsonl:1: has none of text/],
    ["a vector that is none", `{"imageVector": [1, "2"]}\n`, /gone\.jsonl:1: imageVector\.1 /],
    ["an empty vector", `{"textVector": []}\n`, /gone\.jsonl:1: textVector must not be empty$/],
    ["an empty id", `{"id": "", "text": "owl"}\n`, /gone\.jsonl:1: id must not be empty$/],
  ])("that holds %s is refused with its line", async (_what, contents, message) => {
    await expect(read(contents)).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(message) as string,
    });
  });

  test("that is not there, or is a folder, is named", async () => {
    const folder = await temporaryDirectory();
    await expect(readSuspects(folder)).rejects.toMatchObject({ message: `${folder}: is a folder` });
    const nowhere = join(folder, "nowhere");
    await expect(readSuspects(nowhere)).rejects.toMatchObject({
      message: `${nowhere}: there is no such file`,
    });
  });
});
