import { join } from "node:path";
import { expect } from "vitest";
import { job } from "../../../src/api/service.ts";
import { reencoding } from "../../../src/features/reencoding/api.ts";
import { imageFolder, TABLE, textFolder, writeFiles } from "../../encoders/folders.ts";
import { textModel } from "../../encoders/models.ts";
import { plain } from "../../encoders/pictures.ts";
import { seededRandom } from "../../support/random.ts";
import { temporaryDirectory } from "../../support/postgres.ts";
import type { TestApp } from "../../http/support.ts";

/** Two small image encoders and two small text encoders; `words-b` has another dimension than `words-a`. */
export const writeEncoders = async (folder: string): Promise<void> => {
  await writeFiles(join(folder, "colour-a"), imageFolder());
  await writeFiles(join(folder, "colour-b"), imageFolder({ image_mean: [0.2, 0.9, 0.1] }));
  await writeFiles(join(folder, "words-a"), textFolder());
  const table = TABLE.map(([a = 0, b = 0, c = 0]) => [c, a, Math.sin(b), b]);
  await writeFiles(join(folder, "words-b"), {
    ...textFolder(),
    "config.json": { model_type: "bert", hidden_size: 4, max_position_embeddings: 16, pad_token_id: 0 },
    "onnx/model.onnx": textModel(table),
  });
};

export const encoderFolder = async (): Promise<string> => {
  const folder = await temporaryDirectory();
  await writeEncoders(folder);
  return folder;
};

const WORDS = ["red", "fox", "foxes", "blue", "sea", "a"];
/** Of two words or three, every one of them another. */
export const captionOf = (i: number): string =>
  [WORDS[i % 6], WORDS[Math.floor(i / 6) % 6], ...(i >= 36 ? [WORDS[Math.floor(i / 36) % 6]] : [])].join(" ");

export interface PictureAnchor {
  readonly id: string;
  readonly text: string;
  readonly image: { readonly base64: string };
}

export const pictureOf = async (seed: number): Promise<{ base64: string }> => {
  const random = seededRandom(seed + 1);
  const colour = Array.from({ length: 3 }, () => Math.floor(16 + random() * 230));
  const bytes = await plain(16, 16, `rgb(${colour.join(",")})`);
  return { base64: bytes.toString("base64") };
};

export const anchorsOf = (count: number): Promise<PictureAnchor[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      id: `a${String(i).padStart(4, "0")}`,
      text: captionOf(i),
      image: await pictureOf(i),
    })),
  );

export const createPictures = async (
  test: TestApp,
  name: string,
  given: Record<string, unknown> = {},
): Promise<void> => {
  const { status } = await test.call("POST", "/v1/collections", {
    name,
    imageEncoder: "colour-a",
    textEncoder: "words-a",
    asif: { k: 20, p: 4 },
    transform: "center",
    ...given,
  });
  expect(status).toBe(201);
};

export const put = async (test: TestApp, name: string, anchors: readonly unknown[]): Promise<number> => {
  const { status, body } = await test.call("PUT", `/v1/collections/${name}/anchors`, { anchors });
  expect(status, JSON.stringify(body)).toBe(200);
  return (body as { sequence: number }).sequence;
};

/** Starts a move and gives its job's id. */
export const startMove = async (test: TestApp, name: string, request: object): Promise<string> => {
  const { status, body } = await test.call("POST", `/v1/collections/${name}/reencode`, request);
  expect(status, JSON.stringify(body)).toBe(202);
  return job.parse(body).id;
};

export const move = async (test: TestApp, name: string, request: object) => {
  const id = await startMove(test, name, request);
  expect(await test.service.jobs.settled(id)).toMatchObject({ state: "done", error: null });
  return moveOf(test, name);
};

export const moveOf = async (test: TestApp, name: string) =>
  reencoding.parse((await test.call("GET", `/v1/collections/${name}/reencode`)).body);

interface Stored {
  readonly id: string;
  readonly text: string | null;
  readonly imageVector: readonly number[];
  readonly textVector: readonly number[];
}

export const storedIn = async (test: TestApp, name: string): Promise<Stored[]> => {
  const { body } = await test.call("GET", `/v1/collections/${name}/anchors?limit=1000&vectors=true`);
  return (body as { anchors: Stored[] }).anchors;
};

/** A collection made by other encoders from what is stored of `name`, as one who had never another would make it. */
export const remake = async (
  test: TestApp,
  name: string,
  as: string,
  encoders: { readonly imageEncoder?: string; readonly textEncoder?: string },
): Promise<void> => {
  await createPictures(test, as, encoders);
  const anchors = await storedIn(test, name);
  const again = await Promise.all(
    anchors.map(async ({ id, text }) => {
      const answer = await test.app.request(
        `http://localhost/v1/collections/${name}/anchors/${id}/image?size=original`,
      );
      return { id, text, image: { base64: Buffer.from(await answer.arrayBuffer()).toString("base64") } };
    }),
  );
  await put(test, as, again);
};
