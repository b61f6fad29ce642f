import { pack } from "tar-stream";
import { npyOf } from "../files/npy/index.ts";
import { HEADER_MEMBER, type ExportHeader } from "../importing/index.ts";
import type { OutgoingAnchor } from "./anchors.ts";
import { imageExtension } from "./formats.ts";

const DIGITS = 9;

/**
 * A WebDataset shard: of each anchor `N.json` (id and metadata), `N.txt` (the text), its image, `N.image.npy` and
 * `N.text.npy` (the vectors), where it has them. The header is a hidden member, which readers of WebDataset pass over.
 */
export async function* asWebdataset(
  header: ExportHeader,
  anchors: AsyncIterable<OutgoingAnchor>,
): AsyncGenerator<Uint8Array, void> {
  const archive = pack();
  const add = (name: string, bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      // The same anchors make the same file.
      archive.entry({ name, mtime: new Date(0) }, Buffer.from(bytes), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const writeAll = async (): Promise<void> => {
    await add(HEADER_MEMBER, Buffer.from(JSON.stringify(header)));
    let count = 0;
    for await (const { id, text, metadata, image, mediaType, imageVector, textVector } of anchors) {
      const key = String(count++).padStart(DIGITS, "0");
      await add(`${key}.json`, Buffer.from(JSON.stringify({ id, metadata })));
      if (text !== null) await add(`${key}.txt`, Buffer.from(text));
      if (image !== null) await add(`${key}.${imageExtension(mediaType)}`, image);
      if (imageVector !== null) await add(`${key}.image.npy`, npyOf(imageVector));
      if (textVector !== null) await add(`${key}.text.npy`, npyOf(textVector));
    }
    archive.finalize();
  };
  const writing = writeAll().catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  // It is awaited below; until then a failure comes out of the archive.
  writing.catch(() => undefined);
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } catch (error) {
    archive.destroy();
    await writing;
    throw error;
  }
  await writing;
}
