import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { imageOf, type AnchorBody } from "../../client/index.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { jsonLines } from "../../json-lines.ts";
import { readImageFile, withoutExtension } from "../files/index.ts";

/** An anchor of an image file and a caption. */
export const pairOf = async (given: {
  readonly image: string;
  readonly text: string;
  readonly id: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}): Promise<AnchorBody> => {
  const { image, text, metadata, id = withoutExtension(basename(image)) } = given;
  return {
    id,
    text,
    image: imageOf(await readImageFile(image)),
    // The service checks the values.
    ...(metadata === undefined ? {} : { metadata: metadata as NonNullable<AnchorBody["metadata"]> }),
  };
};

export const noAnchors = (): AnchorageError =>
  new AnchorageError("invalid-input", "there are no anchors: one JSON object per line is expected");

/**
 * The anchors in files of JSON lines, as they are read; `-` is standard input. Empty lines are skipped.
 *
 * @throws AnchorageError `invalid-input` that names the file and the line that is not a JSON object
 */
export async function* anchorsIn(
  files: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<AnchorBody, void> {
  for (const file of files) {
    const name = file === "-" ? "standard input" : file;
    const input = file === "-" ? process.stdin : createReadStream(file);
    let number = 0;
    try {
      for await (const line of jsonLines(input)) {
        number++;
        if (signal.aborted) return;
        if (line.trim() !== "") yield anchorOf(line, `${name}:${number}`);
      }
    } catch (error) {
      if (error instanceof AnchorageError) throw error;
      throw new AnchorageError("invalid-input", `${name}: ${messageOf(error)}`, { cause: error });
    }
  }
}

const anchorOf = (line: string, where: string): AnchorBody => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new AnchorageError("invalid-input", `${where}: is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AnchorageError("invalid-input", `${where}: is not a JSON object`);
  // The service checks the fields, and names the line of one that is wrong.
  return value as AnchorBody;
};
