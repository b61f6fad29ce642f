import { readFile, writeFile } from "node:fs/promises";
import type { Fit } from "../transform.ts";

/** Writes the mean and, where there is one, the projection after it, as float32. */
export const writeFit = async (path: string, { mean, projection }: Fit): Promise<void> => {
  const values = new Float32Array(mean.length + (projection?.length ?? 0));
  values.set(mean);
  if (projection !== null) values.set(projection, mean.length);
  await writeFile(path, new Uint8Array(values.buffer));
};

/**
 * @param dimension of the vectors that were fitted on
 * @throws the error of the file system
 */
export const readFit = async (path: string, kind: Fit["kind"], dimension: number): Promise<Fit> => {
  const bytes = await readFile(path);
  // A copy, since a buffer of the pool need not begin at a multiple of four.
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const projection = kind === "center" ? null : values.slice(dimension);
  return { kind, mean: values.slice(0, dimension), projection };
};
