import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { AnchorageError, messageOf } from "../../../src/errors.ts";
import type { AdamWState, Tensors } from "../../../src/features/epalm/adapter/index.ts";
import { readSafetensors, writeSafetensors } from "../../../src/features/files/safetensors/index.ts";

/** What was measured on the way: mean cross-entropy a token, in nats, of the lines that are learnt of and of the others. */
export interface CurvePoint {
  readonly step: number;
  readonly training: number;
  readonly validation: number;
}

/** A training as far as it has come. */
export interface TrainingState {
  readonly weights: Tensors;
  readonly optimiser: AdamWState;
  readonly curve: CurvePoint[];
  /** Of the steps since the last point of the curve. */
  readonly since: { loss: number; targets: number };
}

const told = z.object({
  settings: z.string(),
  step: z.coerce.number().int().nonnegative(),
  progress: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(
      z.object({
        curve: z.array(z.object({ step: z.number(), training: z.number(), validation: z.number() })),
        since: z.object({ loss: z.number(), targets: z.number() }),
      }),
    ),
});

const FIRST = "first.";
const SECOND = "second.";

/** @param settings what the training is of; another one does not go on from this file */
export const writeCheckpoint = async (
  file: string,
  settings: string,
  { weights, optimiser, curve, since }: TrainingState,
): Promise<void> => {
  const all: Tensors = new Map(weights);
  for (const [name, tensor] of optimiser.first) all.set(`${FIRST}${name}`, tensor);
  for (const [name, tensor] of optimiser.second) all.set(`${SECOND}${name}`, tensor);
  const metadata = { settings, step: String(optimiser.step), progress: JSON.stringify({ curve, since }) };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.unfinished`, writeSafetensors(all, metadata));
  await rename(`${file}.unfinished`, file);
};

/**
 * @returns undefined where there is no such file
 * @throws AnchorageError `conflict` where it is of other settings, `corrupt-file` where it cannot be read
 */
export const readCheckpoint = async (file: string, settings: string): Promise<TrainingState | undefined> => {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const { tensors, metadata } = readSafetensors(bytes);
  const parsed = told.safeParse(metadata);
  if (!parsed.success)
    throw new AnchorageError("corrupt-file", `${file} is no checkpoint: ${messageOf(parsed.error)}`);
  if (parsed.data.settings !== settings)
    throw new AnchorageError(
      "conflict",
      `${file} is of a training with other settings; take it away to begin anew`,
    );
  const under = (prefix: string): Tensors =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  const weights: Tensors = new Map(
    [...tensors].filter(([name]) => !name.startsWith(FIRST) && !name.startsWith(SECOND)),
  );
  return {
    weights,
    optimiser: { step: parsed.data.step, first: under(FIRST), second: under(SECOND) },
    ...parsed.data.progress,
  };
};
