import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createGraph } from "../../../src/onnx/index.ts";
import { writeFiles } from "../../encoders/folders.ts";
import { writeEyes } from "../../features/epalm/service/eyes.ts";
import { anchorsOf, writeEncoders } from "../../features/reencoding/support.ts";
import {
  KIND_NAMES,
  pictureAnchors,
  pictureOf,
  writeSmallEncoders,
} from "../../features/selection/selection-data.ts";
import { conceptAnchors } from "../concept-anchors.ts";
import { normals, seededRandom } from "../random.ts";
import { writeTinyDecoder } from "../tiny-decoder.ts";
import type { Api } from "./api.ts";

/** Enough anchors for the service to keep a snapshot of the collection. */
const LARGE = 1_010;
const LONG_TUNING = { folds: 10, repeats: 10, apply: true };
const external = (dimension: number) => ({ external: { dimension } });

/** Small encoders, a small decoder and a classifier, as users put their own into a DATA_DIR. */
export const writeModels = async (dataDir: string): Promise<void> => {
  const encoders = join(dataDir, "encoders");
  await writeSmallEncoders(encoders);
  await writeEyes(encoders);
  await writeEncoders(encoders);
  await writeTinyDecoder(join(dataDir, "decoders", "tiny"));
  const graph = createGraph("kinds");
  const vectors = graph.input("vectors", "float32", ["n", 3]);
  const weights = Array.from({ length: 3 * KIND_NAMES.length }, (_, i) => Math.sin(i + 1));
  const logits = graph.node("MatMul", [vectors, graph.floats([3, KIND_NAMES.length], weights)]);
  graph.output("logits", logits, "float32", ["n", KIND_NAMES.length]);
  await writeFiles(join(dataDir, "classifiers", "kinds"), {
    "classifier.json": { version: 1, modality: "image", dimension: 3, classes: KIND_NAMES },
    "model.onnx": graph.toBytes(),
  });
};

/** Anchors of a few concepts, each with two images; see {@link conceptAnchors}. */
const concepts = (count: number, seed: number) =>
  conceptAnchors(count, 2, { seed, shift: 1 }).map(({ id, caption, metadata, imageVector, textVector }) => ({
    id,
    text: caption,
    metadata,
    imageVector: [...imageVector],
    textVector: [...textVector],
  }));

const create = async (
  api: Api,
  spec: Record<string, unknown>,
  anchors: readonly unknown[],
): Promise<void> => {
  await api.call("POST", "/v1/collections", spec);
  if (anchors.length > 0) await put(api, String(spec.name), anchors);
};

const put = (api: Api, name: string, anchors: readonly unknown[]) =>
  api.call("PUT", `/v1/collections/${name}/anchors`, { anchors });

/** Writes something of every kind through the API. */
export const fill = async (api: Api): Promise<void> => {
  await fillPairs(api);
  await fillTuned(api);
  await fillPictures(api);
  await fillMoved(api);
  await fillRest(api);
};

/** Vectors that were given, anchors of every shape, deletions that were erased and one that was not, a calibration. */
const fillPairs = async (api: Api): Promise<void> => {
  const path = "/v1/collections/pairs";
  const asif = { k: 20, p: 4 };
  const encoders = { imageEncoder: external(12), textEncoder: external(9) };
  const anchors = concepts(30, 3);
  await create(api, { name: "pairs", ...encoders, asif, transform: "whiten" }, anchors);
  const [first = {}, second = {}, third = {}] = anchors;
  await put(api, "pairs", [
    { ...first, image: await pictureOf("red", 1), metadata: { kind: 0, owner: "ann", year: 2021 } },
    { ...second, id: "ключ/🗝️ %2F", text: 'tabs\tand\nlines, "quotes" and \\ 狐', metadata: { kind: 0 } },
    { ...third, id: "bare", text: undefined, metadata: undefined, image: await pictureOf("sea", 2) },
    { ...third, id: "nested", metadata: { kind: 1, tags: ["a", "b"], of: { deep: [null, 1.5, true] } } },
  ]);
  // Written again, so that the second write is the one that counts.
  await put(api, "pairs", [{ ...anchors[9], text: "concept 4, said otherwise" }]);
  await api.call("DELETE", `${path}/anchors/c10-0`);
  await api.call("POST", `${path}/anchors/delete`, { ids: ["c11-0", "c11-1", "never"] });
  for (const method of ["csa", "orthogonal", "ridge"]) await classifyPairs(api, { method });
  for (const transform of ["none", "center", "whiten"]) await classifyPairs(api, { transform });
  await api.call("POST", `${path}/compact`);
  await api.call("POST", `${path}/anchors/delete`, { filter: { kind: { in: [12] } } });
  await api.run(`${path}/calibrate`, { classes: 5, images: 100 });
  await api.run(`${path}/calibrate`, { method: "ridge", by: "kind", images: 100 });
};

const classifyPairs = (api: Api, settings: object) =>
  api.call("POST", "/v1/collections/pairs/classify", {
    images: [{ anchor: "c0-0" }],
    classes: [{ name: "c1", prompts: [{ anchor: "c1-0" }] }],
    ...settings,
  });

/** Settings that tuning chose, and those of a linear method. */
const fillTuned = async (api: Api): Promise<void> => {
  const encoders = { imageEncoder: external(12), textEncoder: external(9) };
  await create(api, { name: "tuned", ...encoders }, concepts(24, 5));
  const settings = { folds: 2, methods: ["asif", "ridge"], transforms: ["none", "center"] };
  await api.run("/v1/collections/tuned/tune", { ...settings, apply: true });
  // Cancelled while it runs.
  const { id } = await api.call("POST", "/v1/collections/tuned/tune", LONG_TUNING);
  await api.call("DELETE", `/v1/jobs/${String(id)}`);
  await create(
    api,
    { name: "linear", ...encoders, method: "csa", rank: 4, ensemble: "mean" },
    concepts(10, 7),
  );
  await api.call("PATCH", "/v1/collections/linear", { asif: { k: 7 }, transform: "center" });
};

/** Images and texts that were encoded; features of layers, adapters, a selection with the vectors of its labels. */
const fillPictures = async (api: Api): Promise<void> => {
  const encoders = { imageEncoder: "eyes", textEncoder: "words" };
  await create(api, { name: "pictures", ...encoders, asif: { k: 10 } }, await pictureAnchors(24));
  await api.run("/v1/collections/pictures/features", {});
  await api.run("/v1/selections", {
    collection: "pictures",
    labels: { field: "kind" },
    imageEncoders: ["colours", "pixels"],
    textEncoders: ["words", "squares"],
    methods: ["emms", "hscore"],
    bootstrap: 10,
  });
  await api.run("/v1/selections", {
    models: [
      { name: "narrow", features: Array.from({ length: 12 }, (_, i) => [i % 2, i]) },
      { name: "wide", features: Array.from({ length: 12 }, (_, i) => [i % 3, i % 2, Math.sin(i)]) },
    ],
    labels: Array.from({ length: 12 }, (_, i) => i % 2),
    methods: ["logme"],
    transforms: ["none"],
    bootstrap: 0,
  });
  const training = { collection: "pictures", rows: "captions", decoder: "tiny", batch: 8, prompt: 2 };
  for (const epochs of [1, 2]) await api.run("/v1/adapters/train", { ...training, id: "captions", epochs });
  await api.run("/v1/adapters/train", { ...training, id: "seen", method: "limber", epochs: 1 });
  // One that belongs to no collection.
  await api.call("POST", "/v1/adapters?id=uploaded", await api.download("/v1/adapters/captions@2"));
  // A version whose number is not given again.
  await api.call("DELETE", "/v1/adapters/captions@1");
};

const OLD = { imageEncoder: "colour-a", textEncoder: "words-a", asif: { k: 20, p: 4 }, transform: "center" };
const NEW = { imageEncoder: "colour-b", textEncoder: "words-b" };

/** A collection that moved to other encoders, one that was only compared under them, and one that is to move yet. */
const fillMoved = async (api: Api): Promise<void> => {
  await create(api, { name: "moved", ...OLD }, await anchorsOf(40));
  await api.run("/v1/collections/moved/reencode", NEW);
  await create(api, { name: "compared", ...OLD }, await anchorsOf(24));
  await api.run("/v1/collections/compared/reencode", { ...NEW, apply: "never" });
  await create(api, { name: "moving", ...OLD }, await anchorsOf(150));
};

/** Deletes the sample collection while it grows, after which it must not come back. */
export const refuseSample = async (api: Api): Promise<void> => {
  const path = "/v1/collections/emoji";
  const count = async () => (await api.send({ method: "GET", path })).body as { anchorCount?: number };
  while (((await count()).anchorCount ?? 0) === 0) await sleep(200);
  await api.call("DELETE", path);
  const sample = async () =>
    ((await api.call("GET", "/v1/jobs")).jobs as { kind: string; state: string }[]).find(
      ({ kind }) => kind === "sample",
    );
  while ((await sample())?.state === "running") await sleep(200);
};

/** Starts jobs that are still running when the service is killed at once. */
export const startJobs = async (api: Api): Promise<void> => {
  await api.call("POST", "/v1/collections/tuned/tune", LONG_TUNING);
  const path = "/v1/collections/moving/reencode";
  await api.call("POST", path, NEW);
  // The move is stored a moment after its job.
  for (;;) {
    const { status, body } = await api.send({ method: "GET", path });
    const { state } = body as { state?: string };
    if (status === 200 && state === "running") return;
    if (status === 200) throw new Error(`the move is ${state} before the service could be killed`);
  }
};

/** One of the default encoders, one with a snapshot, one that is empty, and one that is gone. */
const fillRest = async (api: Api): Promise<void> => {
  const pictures = await pictureAnchors(3);
  await create(api, { name: "defaults", asif: { k: 3 } }, pictures);
  const encoders = { imageEncoder: external(4), textEncoder: external(3) };
  await create(api, { name: "gone", ...encoders }, []);
  await api.call("DELETE", "/v1/collections/gone");
  await create(api, { name: "empty", ...encoders }, []);
  const random = seededRandom(11);
  const anchors = Array.from({ length: LARGE }, (_, i) => ({
    id: `n${i}`,
    text: `number ${i}`,
    imageVector: [...normals(4, random)],
    textVector: [...normals(3, random)],
    metadata: { odd: i % 2 === 1 },
  }));
  await create(api, { name: "large", ...encoders, asif: { k: 50, p: 2 } }, anchors);
  await api.call("DELETE", "/v1/collections/large/anchors/n7");
};
