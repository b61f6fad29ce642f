import { parquetMetadataAsync } from "hyparquet";
import { isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile } from "../files/index.ts";
import { captionsOf, metadataOf, textOf, type ImportedRow } from "./cells.ts";
import { classLabelsOf, withClassNames } from "./class-labels.ts";
import { findUsual } from "./columns.ts";
import { anchorBodyOf, type AnchorParts, type ExportedFile } from "./export-format.ts";
import { topColumnsOf, openBuffer, reading, rowsOfGroup } from "./parquet-file.ts";
import { headerOfVectors } from "./vector-arrays.ts";
import { usualVectors, type VectorNames } from "./vector-names.ts";

const IDS = ["id", "key", "ids", "keys"];
const CAPTIONS = ["caption", "text", "title", "captions"];

/**
 * A Parquet file with a column of image vectors and one of text vectors, by usual names; null for any other file. A
 * column `id` or `key` is the id, else the number of the row; `caption` or `text` the text, where it holds texts; all
 * others are metadata.
 */
export const openVectorParquet = async (path: string): Promise<ExportedFile | null> => {
  if (!/\.parquet$/i.test(path)) return null;
  const { buffer, close } = await openBuffer(path);
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const names = usualVectors(topColumnsOf(metadata));
    if (names === null) return null;
    const rowEnd = Math.min(1, Number(metadata.num_rows));
    const [row = {}] = await rowsOfGroup(path, { buffer, metadata, rowStart: 0, rowEnd });
    const [image, text] = [row[names.image], row[names.text]];
    if (!isVector(image) || !isVector(text)) return null;
    const header = headerOfVectors(image.length, text.length);
    return { path, header, anchors: () => anchorsIn(path, names) };
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    // Its reader says what is wrong with it.
    return null;
  } finally {
    await close();
  }
};

const isVector = (cell: unknown): cell is ArrayLike<number> =>
  (Array.isArray(cell) && cell.length > 0 && cell.every((item) => typeof item === "number")) ||
  cell instanceof Float32Array ||
  cell instanceof Float64Array;

async function* anchorsIn(path: string, vectors: VectorNames): ReturnType<ExportedFile["anchors"]> {
  const { buffer, close } = await openBuffer(path);
  try {
    const metadata = await reading(path, () => parquetMetadataAsync(buffer));
    const columns = topColumnsOf(metadata);
    const others = columns.filter((name) => name !== vectors.image && name !== vectors.text);
    const names = { ...vectors, id: findUsual(IDS, others), caption: findUsual(CAPTIONS, others) };
    const labels = classLabelsOf(metadata);
    const digits = String(Number(metadata.num_rows) - 1).length;
    let number = 0;
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      for (const row of await rowsOfGroup(path, { buffer, metadata, rowStart, rowEnd })) {
        const source = `${path}:${number + 1}`;
        const otherwise = String(number++).padStart(digits, "0");
        yield {
          source,
          anchor: anchorBodyOf(partsOf(withClassNames(row, labels), names, otherwise, source)),
        };
      }
      rowStart = rowEnd;
    }
  } finally {
    await close();
  }
}

interface Names extends VectorNames {
  readonly id: string | undefined;
  readonly caption: string | undefined;
}

const partsOf = (row: ImportedRow, names: Names, otherwise: string, source: string): AnchorParts => {
  // The service says of an anchor without one that it is missing.
  const vectorAt = (name: string): Float32Array | null => {
    const cell = row[name];
    return isVector(cell) ? Float32Array.from(cell) : null;
  };
  const caption = names.caption === undefined ? "" : (captionsOf(row[names.caption])[0] ?? "");
  try {
    return {
      id: (names.id === undefined ? undefined : textOf(row[names.id])) ?? otherwise,
      text: caption === "" ? null : caption,
      metadata: metadataOf(row, {
        path: names.image,
        caption: names.caption ?? "",
        id: names.id ?? null,
        without: new Set([names.text]),
      }),
      image: imageIn(row),
      imageVector: vectorAt(names.image),
      textVector: vectorAt(names.text),
    };
  } catch (error) {
    if (isAnchorageError(error)) throw error;
    throw corruptFile(source, messageOf(error), error);
  }
};

/** Bytes of an image in the column `image`, also in Hugging Face's `{bytes, path}`. */
const imageIn = ({ image }: ImportedRow): Uint8Array | null => {
  if (image instanceof Uint8Array) return image;
  if (typeof image !== "object" || image === null || !("bytes" in image)) return null;
  return image.bytes instanceof Uint8Array ? image.bytes : null;
};
