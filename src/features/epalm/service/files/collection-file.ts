import { type Database, findVectorsByAll, type EncoderRecord } from "../../../../store/index.ts";
import { safetensorsHeader } from "../../index.ts";
import type { CollectionName } from "../../../../types.ts";
import { anchorsWithVectors } from "../layer-vectors.ts";
import { resolveAdapterInputs, type InputSources } from "../adapter-inputs.ts";
import { applyAdapter, promptOf } from "../apply-adapter.ts";
import { injectionPlanOf } from "../injection-plan.ts";
import type { StoredAdapter } from "../records.ts";
import type { NamedLayer, Wanted } from "../types.ts";
import { npyHeader } from "../../../files/npy/index.ts";
import {
  bytesOf,
  commonWidth,
  fileMetadata,
  movedMeanwhile,
  sideBySide,
  type FileFormat,
  type FileContents,
} from "./tensors.ts";
import type { AnchorKey } from "../../anchor-keys.ts";

/** Read and sent together. */
const ROWS_AT_ONCE = 256;

/** A file whose length is known before it is made. */
export interface StreamedFile {
  /** In bytes. */
  readonly length: number;
  /** In order; ends in an error where an anchor is changed or deleted meanwhile. */
  readonly chunks: () => AsyncGenerator<Uint8Array, void>;
}

/**
 * Every anchor that has an image as one file, in id order, a part at a time: of the features of each layer
 * `[anchors, dimension]`, or an adapter's output for them, `[anchors, vectors, hidden]`.
 *
 * @throws AnchorageError `conflict` where features are not made yet, and what {@link resolveAdapterInputs} throws
 */
export const collectionFile = async (
  sources: InputSources,
  name: CollectionName,
  wanted: Wanted,
  format: FileFormat,
): Promise<StreamedFile> => {
  const { store } = sources;
  const { collection, layers, stored } = await resolveAdapterInputs(sources, name, wanted);
  const width = format === "npy" && stored === null ? commonWidth(layers) : 0;
  const encoders = layers.map(({ encoder }) => encoder);
  const anchors = await anchorsWithVectors(store, collection, encoders);
  const contents: FileContents = {
    collection: collection.name,
    sequence: collection.sequence,
    anchors: anchors.map(({ id }) => id),
    layers,
    ...(stored === null ? {} : { made: toldOf(stored) }),
  };
  const batches = batchesOf(anchors);
  if (stored === null) {
    if (format === "npy")
      return file(
        npyHeader([anchors.length, layers.length, width]),
        anchors.length * layers.length * width,
        async function* () {
          for (const batch of batches)
            yield sideBySide(await rowsOf(store, encoders, batch), batch.length, width);
        },
      );
    const numbers = encoders.reduce((sum, { dimension }) => sum + dimension, 0) * anchors.length;
    return file(
      safetensorsHeader(shapesOf(layers, anchors.length), fileMetadata(contents)),
      numbers,
      async function* () {
        for (const encoder of encoders)
          for (const batch of batches) yield* await rowsOf(store, [encoder], batch);
      },
    );
  }
  const { hidden, prompt, wordWidth } = stored.adapter.settings.shape;
  const shape = [anchors.length, layers.length, hidden];
  const numbers = anchors.length * layers.length * hidden;
  const prefixes = async function* () {
    for (const batch of batches)
      yield (await applyAdapter(stored, await rowsOf(store, encoders, batch), batch.length)).prefix;
  };
  if (format === "npy") return file(npyHeader(shape), numbers, prefixes);
  const shapes = new Map<string, readonly number[]>([
    ["prefix", shape],
    ...(prompt > 0 ? [["prompt", [prompt, wordWidth]] as const] : []),
  ]);
  return file(
    safetensorsHeader(shapes, fileMetadata(contents)),
    numbers + prompt * wordWidth,
    async function* () {
      yield* prefixes();
      if (prompt > 0) yield promptOf(stored.adapter);
    },
  );
};

const toldOf = ({ record: { id, version, sha256 }, adapter: { settings } }: StoredAdapter) => ({
  adapter: { id, version, sha256 },
  settings,
  plan: injectionPlanOf(settings),
});

const shapesOf = (layers: readonly NamedLayer[], rows: number) =>
  new Map(layers.map(({ encoder: { id, dimension } }) => [id, [rows, dimension]]));

const file = (
  header: Uint8Array,
  numbers: number,
  parts: () => AsyncGenerator<Float32Array, void>,
): StreamedFile => ({
  length: header.length + numbers * Float32Array.BYTES_PER_ELEMENT,
  chunks: async function* () {
    yield header;
    for await (const part of parts()) yield bytesOf(part);
  },
});

const batchesOf = (anchors: readonly AnchorKey[]): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(anchors.length / ROWS_AT_ONCE) }, (_, i) =>
    anchors.slice(i * ROWS_AT_ONCE, (i + 1) * ROWS_AT_ONCE).map(({ key }) => key),
  );

const rowsOf = async (
  store: Database,
  encoders: readonly EncoderRecord[],
  keys: readonly number[],
): Promise<Float32Array[]> => {
  const parts: Float32Array[] = [];
  const found = await findVectorsByAll(store, encoders, keys);
  for (const [e, encoder] of encoders.entries()) {
    const rows = new Float32Array(keys.length * encoder.dimension);
    keys.forEach((key, row) => {
      const vector = found[e]?.get(key);
      if (vector === undefined) throw movedMeanwhile();
      rows.set(vector, row * encoder.dimension);
    });
    parts.push(rows);
  }
  return parts;
};
