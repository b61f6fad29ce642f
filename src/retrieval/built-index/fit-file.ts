import { readFile, writeFile } from "node:fs/promises";
import type { Fit } from "../transform.ts";

/** Writes the mean as float32, followed by the projection if there is one. */
export const writeFit = async (path: string, { mean, projection }: Fit): Promise<void> => {
  const values = new Float32Array(mean.length + (projection?.length ?? 0));
  values.set(mean);
  if (projection !== null) values.set(projection, mean.length);
  await writeFile(path, new Uint8Array(values.buffer));
};

/**
 * @param dimension dimension of the fitted vectors
 * @throws the error of the file system
 */
export const readFit = async (path: string, kind: Fit["kind"], dimension: number): Promise<Fit> => {
  const bytes = await readFile(path);
  // Copied, because a pooled buffer need not be aligned to four bytes.
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const projection = kind === "center" ? null : values.slice(dimension);
  return { kind, mean: values.slice(0, dimension), projection };
};
