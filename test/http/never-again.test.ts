import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anchorOf, createCollection, openTestApp, type TestApp } from "./support.ts";

const anchors = "/v1/collections/c/anchors";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

beforeEach(async () => {
  await test.call("DELETE", "/v1/collections/c");
  await createCollection(test, "c");
});

afterAll(() => test.close());

/** A picture of 12 x 12 grey squares that depend on `seed`. */
const pictureOf = (seed: number): Sharp => {
  let state = seed;
  const levels = Uint8Array.from(
    { length: 144 },
    () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) >> 16,
  );
  return sharp(levels, { raw: { width: 12, height: 12, channels: 1 } }).resize(240, 240, {
    kernel: "nearest",
  });
};

const base64 = async (picture: Sharp): Promise<string> => (await picture.toBuffer()).toString("base64");

const put = async (id: string, text: string, image?: string) => {
  const anchor = { ...anchorOf(id), text, ...(image === undefined ? {} : { image: { base64: image } }) };
  const { status, body } = await test.call("PUT", anchors, { anchors: [anchor] });
  return { status, body: JSON.stringify(body) };
};

const forget = async (id: string): Promise<string> => {
  const { body } = await test.call("DELETE", `${anchors}/${id}?neverAgain=true`);
  return (body as { receipt: { id: string } }).receipt.id;
};

describe("an anchor that was deleted for good", () => {
  it("is refused under another id and with another caption, by the receipt's id", async () => {
    const image = await base64(pictureOf(1).png());
    await put("ann", "ann on a beach", image);
    const receipt = await forget("ann");
    const again = await put("summer", "a summer's day", image);
    expect(again.status).toBe(400);
    expect(again.body).toContain(`it was deleted for good with the receipt ${receipt}`);
  });

  it("is refused as a smaller copy in another format", async () => {
    await put("ann", "ann on a beach", await base64(pictureOf(1).png()));
    const receipt = await forget("ann");
    const copy = await base64(
      sharp(await pictureOf(1).png().toBuffer())
        .resize(131, 131)
        .jpeg({ quality: 60 }),
    );
    expect((await put("copy", "a copy", copy)).body).toContain(receipt);
  });

  it("blocks no other picture, even with the same caption", async () => {
    await put("ann", "a red circle", await base64(pictureOf(1).png()));
    await forget("ann");
    for (const seed of [2, 3, 4]) {
      expect((await put(`other-${seed}`, "a red circle", await base64(pictureOf(seed).png()))).status).toBe(
        200,
      );
    }
  });

  it("blocks no other picture where its own has no detail", async () => {
    const plain = (grey: number) =>
      base64(
        sharp({
          create: { width: 32, height: 32, channels: 3, background: { r: grey, g: grey, b: grey } },
        }).png(),
      );
    await put("grey", "grey", await plain(100));
    await forget("grey");
    expect((await put("white", "grey", await plain(255))).status).toBe(200);
    expect((await put("grey", "grey", await plain(100))).status).toBe(400);
  });

  it("is refused by its vector where it has no image", async () => {
    await put("a", "a fox");
    await forget("a");
    expect((await put("a", "another text")).status).toBe(400);
    const other = { ...anchorOf("b"), text: "a fox", imageVector: [9, 1, 1] };
    expect((await test.call("PUT", anchors, { anchors: [other] })).status).toBe(200);
  });

  it("is refused after a deletion by a filter too", async () => {
    const image = await base64(pictureOf(1).png());
    const anchor = { ...anchorOf("ann"), metadata: { owner: "ann" }, image: { base64: image } };
    await test.call("PUT", anchors, { anchors: [anchor] });
    await test.call("POST", `${anchors}/delete`, { filter: { owner: "ann" }, neverAgain: true });
    expect((await put("ann", "ann", image)).status).toBe(400);
  });
});

describe("an anchor that was deleted as usual", () => {
  it("may be stored again", async () => {
    const image = await base64(pictureOf(1).png());
    await put("ann", "ann", image);
    await test.call("DELETE", `${anchors}/ann`);
    expect((await put("ann", "ann", image)).status).toBe(200);
  });
});
