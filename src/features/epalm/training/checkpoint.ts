import { z } from "zod";
import type { AdamWState, EpochLoss, NamedTensor, Tensors } from "../adapter/index.ts";
import { readSafetensors, writeSafetensors } from "../../files/safetensors/index.ts";

/** All that a training has come to, between two steps. */
export interface TrainingState {
  /** Epochs that have ended, and batches of the one under way. */
  epoch: number;
  batch: number;
  /** Of the epoch under way. */
  loss: number;
  counted: number;
  readonly curve: EpochLoss[];
  best: { epoch: number; loss: number };
  /** What is trained. */
  readonly tensors: Tensors;
  /** As it was after the best epoch. */
  kept: Tensors;
  readonly optimiser: AdamWState;
}

const FORMAT = "anchorage-training-1";

const storedState = z.object({
  epoch: z.int(),
  batch: z.int(),
  loss: z.number(),
  counted: z.int(),
  step: z.int(),
  curve: z.array(z.object({ epoch: z.int(), loss: z.number(), validation: z.number().nullable() })),
  best: z.object({ epoch: z.int(), loss: z.number().nullable() }),
});

const PARTS = ["tensors", "kept", "first", "second"] as const;

/**
 * Writes a state as a safetensors file.
 *
 * @param digest of what is trained, and how
 * @param projection kept with it, so that it need not be fitted again
 */
export const writeState = (state: TrainingState, digest: string, projection: Tensors): Uint8Array => {
  const { epoch, batch, loss, counted, curve, best, optimiser } = state;
  const all: Tensors = new Map(projection);
  const parts = {
    tensors: state.tensors,
    kept: state.kept,
    first: optimiser.first,
    second: optimiser.second,
  };
  for (const part of PARTS) for (const [name, tensor] of parts[part]) all.set(`${part}/${name}`, tensor);
  const json = JSON.stringify({ epoch, batch, loss, counted, step: optimiser.step, curve, best });
  return writeSafetensors(all, { format: FORMAT, digest, state: json });
};

/** What {@link writeState} wrote; null where it is of another training, or nothing that it wrote. */
export const readState = (
  bytes: Uint8Array,
  digest: string,
): { readonly state: TrainingState; readonly projection: Tensors } | null => {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== FORMAT || metadata.digest !== digest) return null;
  const { step, best, ...rest } = storedState.parse(JSON.parse(metadata.state ?? ""));
  const partOf = (part: (typeof PARTS)[number]): Map<string, NamedTensor> =>
    new Map(
      [...tensors].flatMap(([name, tensor]): [string, NamedTensor][] =>
        name.startsWith(`${part}/`) ? [[name.slice(part.length + 1), tensor]] : [],
      ),
    );
  return {
    state: {
      ...rest,
      // JSON has no infinity.
      best: { epoch: best.epoch, loss: best.loss ?? Infinity },
      tensors: partOf("tensors"),
      kept: partOf("kept"),
      optimiser: { step, first: partOf("first"), second: partOf("second") },
    },
    projection: new Map([...tensors].filter(([name]) => !name.includes("/"))),
  };
};
