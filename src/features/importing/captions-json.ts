import { parse as parsePath } from "node:path";
import { AnchorageError } from "../../errors.ts";
import { isImageExtension, readTextFile, reject, type Reject } from "../files/index.ts";
import type { JsonValue } from "../../types.ts";
import type { ImportedRow } from "./cells.ts";
import { isJsonObject, jsonFault, parseLenientJson } from "./json.ts";
import { placeRow } from "./jsonl.ts";
import { pairsOf, type PlacedRow } from "./table.ts";
import type { TableOptions } from "./table-options.ts";
import type { PairSource } from "./types.ts";

/**
 * A JSON file of captions, read as a whole: COCO's `{images, annotations}`; `{images: [{filename, sentences}]}` of
 * Karpathy's splits; a list of objects, each a row; or an object whose keys are names of images and whose values are
 * captions, lists of captions, or rows.
 */
export const openCaptionsJson = (file: string, options: TableOptions): PairSource => {
  let rows = 0;
  let done = 0;

  return {
    unit: "row",
    entries: async function* () {
      done = 0;
      const placed = placedRows(file, await readJson(file), options);
      rows = placed.length;
      yield* pairsOf(
        file,
        options,
        counted(placed, () => done++),
      );
    },
    fraction: () => (rows === 0 ? 0 : done / rows),
  };
};

const readJson = async (file: string): Promise<JsonValue> => {
  const text = await readTextFile(file);
  try {
    return parseLenientJson(text);
  } catch (error) {
    throw new AnchorageError("invalid-input", `${file} ${jsonFault(error)}`, { cause: error });
  }
};

async function* counted<T>(items: readonly T[], count: () => void): AsyncGenerator<T, void> {
  for (const item of items) {
    count();
    yield await Promise.resolve(item);
  }
}

const placedRows = (file: string, value: JsonValue, options: TableOptions): (PlacedRow | Reject)[] => {
  const rows = rowsIn(value);
  if (rows === null) {
    throw new AnchorageError(
      "invalid-input",
      `${file} holds no captions: it is neither COCO's {images, annotations}, nor a list of objects, nor an object of captions by image`,
    );
  }
  const stem = parsePath(file).name;
  return rows.map((row, i) => {
    const source = `${file}#${i + 1}`;
    return typeof row === "string" ? reject(source, row) : placeRow(row, options, source, `${stem}/${i + 1}`);
  });
};

/** The rows that a file holds, or why one of them is none; null if it holds something else. */
const rowsIn = (value: JsonValue): (ImportedRow | string)[] | null => {
  if (Array.isArray(value))
    return value.map((item: JsonValue) => (isJsonObject(item) ? item : "is not a JSON object"));
  if (!isJsonObject(value)) return null;
  const { images, annotations } = value;
  if (Array.isArray(images) && Array.isArray(annotations)) return cocoRows(images, annotations);
  if (Array.isArray(images)) return rowsIn(images);
  const named = Object.entries(value);
  const isMap = named.length > 0 && named.every(([key]) => isImageExtension(parsePath(key).ext.slice(1)));
  return isMap
    ? named.map(([image, item]) => (isJsonObject(item) ? { ...item, image } : { image, caption: item }))
    : null;
};

/** One row for each caption, with the fields of its image; `id` stays with the image, as `image_id`. */
const cocoRows = (
  images: readonly JsonValue[],
  annotations: readonly JsonValue[],
): (ImportedRow | string)[] => {
  const byId = new Map(images.flatMap((image) => (isJsonObject(image) ? [[image.id, image] as const] : [])));
  const captioned = new Set<JsonValue | undefined>();
  const rows = annotations.map((annotation) => {
    if (!isJsonObject(annotation)) return "is not a JSON object";
    const { image_id: imageId, id, ...fields } = annotation;
    const image = byId.get(imageId);
    if (image === undefined) return `there is no image with the id ${JSON.stringify(imageId)}`;
    captioned.add(imageId);
    const ofImage = Object.fromEntries(Object.entries(image).filter(([name]) => name !== "id"));
    return { ...ofImage, image_id: imageId, ...(id === undefined ? {} : { annotation_id: id }), ...fields };
  });
  const without = [...byId]
    .filter(([id]) => !captioned.has(id))
    .map(([id]) => `no caption names the image with the id ${JSON.stringify(id)}`);
  return [...rows, ...without];
};
