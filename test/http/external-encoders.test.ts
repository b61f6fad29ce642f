import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestApp, pathsOf, type TestApp } from "./support.ts";

let test: TestApp;

beforeAll(async () => {
  test = await openTestApp();
});

afterAll(() => test.close());

const create = (name: string, external: object) =>
  test.call("POST", "/v1/collections", { name, imageEncoder: { external }, textEncoder: { external } });

describe("an external encoder", () => {
  const clip = { dimension: 4, name: "open_clip/ViT-B-32", fingerprint: "AACAPw==" };

  it("keeps its name and fingerprint, which the collection answers", async () => {
    expect(await create("clip", clip)).toMatchObject({ status: 201 });
    expect((await test.call("GET", "/v1/collections/clip")).body).toMatchObject({
      imageEncoder: { external: clip },
      textEncoder: { external: clip },
      encoders: { image: { id: "external-4", dimension: 4 } },
    });
  });

  it("is another one under another fingerprint, and has no hash without both", async () => {
    const hashes = [];
    for (const [name, external] of Object.entries({
      same: clip,
      other: { ...clip, fingerprint: "AAAAQA==" },
      plain: { dimension: 4 },
    })) {
      await create(name, external);
      const { body } = await test.call("GET", `/v1/collections/${name}`);
      const { encoders } = body as { encoders: { image: { sha256: string } } };
      hashes.push(encoders.image.sha256);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).not.toBe(hashes[0]);
    expect(hashes[2]).toBe("");
  });

  it("is refused with a name that is empty or a fingerprint that is too long", async () => {
    const answer = await create("long", { dimension: 4, name: "", fingerprint: "a".repeat(65_537) });
    expect(answer.status).toBe(400);
    expect(pathsOf(answer)).toEqual([
      "imageEncoder.external.name",
      "imageEncoder.external.fingerprint",
      "textEncoder.external.name",
      "textEncoder.external.fingerprint",
    ]);
  });
});
