import { anchorBodyOf, headerAsLine, type ExportHeader } from "../importing/index.ts";
import type { OutgoingAnchor } from "./anchors.ts";

/** JSON lines: the header, then one anchor a line as PUT /anchors takes it. */
export async function* asNdjson(
  header: ExportHeader,
  anchors: AsyncIterable<OutgoingAnchor>,
): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(`${headerAsLine(header)}\n`);
  for await (const anchor of anchors) yield Buffer.from(`${JSON.stringify(anchorBodyOf(anchor))}\n`);
}
