import type { AnchorBody } from "../../client/index.ts";
import { headerAsLine, type ExportHeader } from "../importing/index.ts";
import type { OutgoingAnchor } from "./anchors.ts";

/** An anchor as PUT /anchors takes it: bytes and vectors are base64. */
export const anchorBodyOf = (anchor: OutgoingAnchor): AnchorBody => {
  const { id, text, metadata, image, imageVector, textVector } = anchor;
  return {
    id,
    ...(text === null ? {} : { text }),
    metadata,
    ...(image === null ? {} : { image: { base64: Buffer.from(image.bytes).toString("base64") } }),
    ...(imageVector === null ? {} : { imageVector: base64Of(imageVector) }),
    ...(textVector === null ? {} : { textVector: base64Of(textVector) }),
  };
};

const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** JSON lines: the header, then one anchor a line as PUT /anchors takes it. */
export async function* asNdjson(
  header: ExportHeader,
  anchors: AsyncIterable<OutgoingAnchor>,
): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(`${headerAsLine(header)}\n`);
  for await (const anchor of anchors) yield Buffer.from(`${JSON.stringify(anchorBodyOf(anchor))}\n`);
}
