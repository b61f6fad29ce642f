import { createHash } from "node:crypto";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

/** Of what the vectors were made; others make the file worthless. */
const contents = z.object({ sha256: z.string() });

/**
 * Vectors that are costly to make, in a file that grows batch by batch: `[n, d]` row-major float32 (little-endian).
 * What an interrupted run has written is kept. Two runs at once write the same bytes to the same places.
 */
export interface VectorFile {
  /** Whole rows in it; a row that was cut off does not count and is written over. */
  readonly rows: () => number;
  /** Writes whole rows after the last one. */
  append(vectors: Float32Array): Promise<void>;
  /** `[n, d]`, the rows that there are. */
  read(): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens `path`, and empties it where it was made of something else than `sources`.
 *
 * @param sources what the rows are made of, in their order
 */
export const openVectorFile = async (
  path: string,
  dimension: number,
  sources: readonly Uint8Array[],
): Promise<VectorFile> => {
  await mkdir(dirname(path), { recursive: true });
  const sha256 = digestOf(sources);
  const label = `${path}.json`;
  const same = (await labelled(label)) === sha256;
  const file = await open(path, same ? "a+" : "w").then(async (made) => {
    // Opened for appending only so that it is made where it is missing: rows are written at their places.
    await made.close();
    return open(path, "r+");
  });
  if (!same) await writeFile(label, JSON.stringify({ sha256 }));
  const rowBytes = 4 * dimension;
  let rows = Math.min(sources.length, Math.floor((await file.stat()).size / rowBytes));

  return {
    rows: () => rows,
    append: async (vectors) => {
      const bytes = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
      await file.write(bytes, 0, bytes.length, rows * rowBytes);
      await file.datasync();
      rows += vectors.length / dimension;
    },
    read: async () => {
      const vectors = new Float32Array(rows * dimension);
      const bytes = new Uint8Array(vectors.buffer);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return vectors;
    },
    close: () => file.close(),
  };
};

const labelled = async (path: string): Promise<string | undefined> => {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    return contents.parse(JSON.parse(text)).sha256;
  } catch {
    // Missing, or cut off while it was written: the vectors are made anew.
    return undefined;
  }
};

const digestOf = (sources: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const source of sources) hash.update(`${source.length}\n`).update(source);
  return hash.digest("hex");
};
