import { ByteWriter, ParquetWriter, type ColumnSource } from "hyparquet-writer";
import { HEADER_KEY, type ExportHeader } from "../importing/index.ts";
import type { OutgoingAnchor } from "./anchors.ts";
import { imageExtension } from "./formats.ts";

/** Rows of a group, and the bytes of images after which one ends: a reader holds a whole group in memory. */
const ROWS_A_GROUP = 256;
const IMAGE_BYTES_A_GROUP = 64 * 1024 * 1024;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

const text = (name: string, repetition_type: "REQUIRED" | "OPTIONAL"): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type,
});

const list = (name: string): readonly SchemaElement[] => [
  { name, num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];

const SCHEMA: SchemaElement[] = [
  { name: "anchors", num_children: 6 },
  text("id", "REQUIRED"),
  text("text", "OPTIONAL"),
  text("metadata", "REQUIRED"),
  { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
  { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
  text("path", "OPTIONAL"),
  ...list("imageVector"),
  ...list("textVector"),
];

/**
 * Parquet with one row an anchor: `id`, `text`, `metadata` (JSON), `image` (`{bytes, path}`), `imageVector` and
 * `textVector` (lists of float32, all of one length). The key-value metadata hold the export's header, and the features
 * by which Hugging Face's `datasets` reads images as images and vectors as lists of a fixed length.
 */
export async function* asParquet(
  header: ExportHeader,
  anchors: AsyncIterable<OutgoingAnchor>,
): AsyncGenerator<Uint8Array, void> {
  const buffer = new ByteWriter();
  const taken = (): Uint8Array => {
    const bytes = buffer.getBytes().slice();
    buffer.index = 0;
    return bytes;
  };
  const kvMetadata = [{ key: HEADER_KEY, value: JSON.stringify(header) }];
  const writer = new ParquetWriter({ writer: buffer, schema: SCHEMA, kvMetadata, createdBy: "Anchorage" });
  const lengths = { imageVector: -1, textVector: -1 };
  let rows: OutgoingAnchor[] = [];
  let bytes = 0;
  for await (const anchor of anchors) {
    lengths.imageVector = Math.max(lengths.imageVector, anchor.imageVector?.length ?? -1);
    lengths.textVector = Math.max(lengths.textVector, anchor.textVector?.length ?? -1);
    rows.push(anchor);
    bytes += anchor.image?.length ?? 0;
    if (rows.length < ROWS_A_GROUP && bytes < IMAGE_BYTES_A_GROUP) continue;
    await writer.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
    yield taken();
    [rows, bytes] = [[], 0];
  }
  if (rows.length > 0) await writer.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
  kvMetadata.push({ key: "huggingface", value: JSON.stringify({ info: { features: featuresOf(lengths) } }) });
  await writer.finish();
  yield taken();
}

const columnsOf = (rows: readonly OutgoingAnchor[]): ColumnSource[] => {
  /** What is compressed already, or is not made smaller. */
  const asItIs = { codec: "UNCOMPRESSED", statistics: false } as const;
  return [
    { name: "id", data: rows.map(({ id }) => id) },
    { name: "text", data: rows.map((row) => row.text) },
    { name: "metadata", data: rows.map(({ metadata }) => JSON.stringify(metadata)) },
    {
      name: "image",
      data: rows.map(({ id, image, mediaType }) =>
        image === null ? null : { bytes: image, path: `${id}.${imageExtension(mediaType)}` },
      ),
      ...asItIs,
    },
    { name: "imageVector", data: rows.map(({ imageVector }) => numbersOf(imageVector)), ...asItIs },
    { name: "textVector", data: rows.map(({ textVector }) => numbersOf(textVector)), ...asItIs },
  ];
};

const numbersOf = (vector: Float32Array | null): number[] | null =>
  vector === null ? null : Array.from(vector);

const featuresOf = (lengths: { readonly imageVector: number; readonly textVector: number }) => {
  const value = (dtype: string) => ({ dtype, _type: "Value" });
  const vector = (length: number) => ({ feature: value("float32"), length, _type: "Sequence" });
  return {
    id: value("string"),
    text: value("string"),
    metadata: value("string"),
    image: { _type: "Image" },
    imageVector: vector(lengths.imageVector),
    textVector: vector(lengths.textVector),
  };
};
