import { AnchorageError, invalidField } from "../../../../errors.ts";
import { safetensorsHeader, type AdapterSettings } from "../../index.ts";
import type { AnchorId, CollectionName, Sequence } from "../../../../types.ts";
import type { AdapterInputs, NamedLayer, AdapterIdentity, InjectionPlan } from "../types.ts";
import { npyHeader } from "../../../files/npy/index.ts";

export type FileFormat = "npy" | "safetensors";

const FORMAT = "anchorage-adapter-inputs-1";

/** The description of a file of features, which a safetensors file has in its header. */
export interface FileContents {
  readonly collection: CollectionName;
  readonly sequence: Sequence;
  /** Of each row; null for what is no anchor. */
  readonly anchors: readonly (AnchorId | null)[];
  readonly layers: readonly NamedLayer[];
  readonly made?: {
    readonly adapter: AdapterIdentity;
    readonly settings: AdapterSettings;
    readonly plan: InjectionPlan;
  };
  readonly neighbours?: AdapterInputs["neighbours"];
}

export const fileMetadata = (contents: FileContents): Record<string, string> => ({
  format: FORMAT,
  collection: contents.collection,
  sequence: String(contents.sequence),
  anchors: JSON.stringify(contents.anchors),
  layers: JSON.stringify(
    contents.layers.map(({ name, encoder: { id, dimension, sha256 } }) => ({ name, id, dimension, sha256 })),
  ),
  ...(contents.made === undefined
    ? {}
    : {
        adapter: JSON.stringify(contents.made.adapter),
        decoder: JSON.stringify(contents.made.settings.decoder),
        plan: JSON.stringify(contents.made.plan),
      }),
  ...(contents.neighbours === undefined
    ? {}
    : {
        neighbours: JSON.stringify(
          contents.neighbours.map((row) =>
            row.map(({ id, caption, similarity }) => ({ id, caption, similarity })),
          ),
        ),
      }),
});

/**
 * The one width of some layers.
 *
 * @throws AnchorageError `invalid-input` where they have several: a NumPy file is one array
 */
export const commonWidth = (layers: readonly NamedLayer[]): number => {
  const [first = 0, ...others] = new Set(layers.map(({ encoder }) => encoder.dimension));
  if (others.length === 0) return first;
  const widths = layers.map(({ encoder: { id, dimension } }) => `"${id}" ${dimension}`).join(", ");
  throw invalidField(
    ["format"],
    `"npy" is one array, and the layers differ in width (${widths}): take "safetensors", or ask for one layer`,
  );
};

/** Rows of several layers of one width, side by side: `[rows, layers, width]`. */
export const sideBySide = (parts: readonly Float32Array[], rows: number, width: number): Float32Array => {
  const result = new Float32Array(rows * parts.length * width);
  parts.forEach((part, layer) => {
    for (let row = 0; row < rows; row++)
      result.set(part.subarray(row * width, (row + 1) * width), (row * parts.length + layer) * width);
  });
  return result;
};

/**
 * An answer as one file.
 *
 * @throws AnchorageError `invalid-input` where the format cannot hold it
 */
export const fileOf = (collection: CollectionName, answer: AdapterInputs, format: FileFormat): Uint8Array => {
  const { inputs, layers, tokens = [], made, neighbours } = answer;
  const rows = inputs.length;
  if (format === "npy") {
    if (neighbours !== undefined)
      throw invalidField(["neighbours"], `have no place in "npy"; take "json" or "safetensors"`);
    if (made !== undefined)
      return joined([npyHeader([rows, layers.length, made.settings.shape.hidden]), bytesOf(made.prefix)]);
    const width = commonWidth(layers);
    return joined([npyHeader([rows, layers.length, width]), bytesOf(sideBySide(tokens, rows, width))]);
  }
  const parts = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  layers.forEach(({ encoder: { id, dimension } }, layer) => {
    const data = tokens[layer];
    if (data !== undefined) parts.set(id, { shape: [rows, dimension], data });
  });
  if (made !== undefined) {
    const { hidden, prompt, wordWidth } = made.settings.shape;
    parts.set("prefix", { shape: [rows, layers.length, hidden], data: made.prefix });
    if (prompt > 0) parts.set("prompt", { shape: [prompt, wordWidth], data: made.prompt });
  }
  if (neighbours !== undefined) {
    const all = neighbours.flat();
    for (const of of ["imageVector", "textVector"] as const) {
      const width = all[0]?.[of].length ?? 0;
      const data = new Float32Array(all.length * width);
      all.forEach((one, i) => data.set(one[of], i * width));
      parts.set(`neighbours.${of}s`, { shape: [all.length, width], data });
    }
  }
  const shapes = new Map([...parts].map(([name, { shape }]) => [name, shape]));
  const contents = {
    collection,
    sequence: answer.sequence,
    anchors: inputs.map(({ anchor }) => anchor),
    layers,
    ...(made === undefined ? {} : { made }),
    ...(neighbours === undefined ? {} : { neighbours }),
  };
  return joined([
    safetensorsHeader(shapes, fileMetadata(contents)),
    ...[...parts.values()].map(({ data }) => bytesOf(data)),
  ]);
};

export const bytesOf = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
};

/** An anchor whose features a file was to hold is not as it was. */
export const movedMeanwhile = (): AnchorageError =>
  new AnchorageError(
    "conflict",
    "An anchor was changed or deleted while the collection was sent; ask again.",
  );
