import { z } from "zod";
import type { AnchorBody } from "../../client/index.ts";
import { messageOf } from "../../errors.ts";
import { corruptFile } from "../files/index.ts";
import { headerOf, type ExportedAnchor, type ExportHeader } from "./export-format.ts";
import { linesOf } from "./text-lines.ts";

/** The longest line: an image of 64 MiB as base64, two vectors, a text and metadata. */
const MAX_LINE = 128 * 1024 * 1024;

const headerLine = z.strictObject({ anchorage: z.unknown() });

/** The first line of an export as JSON lines. */
export const headerAsLine = (header: ExportHeader): string => JSON.stringify({ anchorage: header });

/** The header of an export as JSON lines; null for any other file. */
export const headerInLines = async (path: string): Promise<ExportHeader | null> => {
  for await (const line of linesOf(path, { longest: MAX_LINE })) {
    if (!line.startsWith('{"anchorage":')) return null;
    return headerOf(path, () => headerLine.parse(JSON.parse(line)).anchorage);
  }
  return null;
};

/** The anchors of an export as JSON lines; the service checks their fields. @throws AnchorageError `corrupt-file` */
export async function* anchorsInLines(path: string): AsyncGenerator<ExportedAnchor, void> {
  let number = 0;
  for await (const line of linesOf(path, { longest: MAX_LINE })) {
    number++;
    if (number === 1 || line.trim() === "") continue;
    const source = `${path}:${number}`;
    yield { source, anchor: anchorOf(line, source) };
  }
}

const anchorOf = (json: string, source: string): AnchorBody => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw corruptFile(source, `is not JSON: ${messageOf(error)}`, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as AnchorBody;
  throw corruptFile(source, "is not a JSON object");
};
