import { parentPort, workerData } from "node:worker_threads";
import type { AlignmentKind } from "../../types.ts";
import { fitAlignment } from "./fit.ts";
import { updateGram, type Gram, type Pairs } from "./gram.ts";
import { closeProducts } from "../../math/linear-algebra/index.ts";
import type { Alignment } from "./types.ts";

/** What the thread is asked for, one after another. */
export type GramTask =
  | { readonly pairs: Pairs; readonly how: "add" | "remove" }
  | { readonly kind: AlignmentKind }
  /** The last: the thread gives the matrix back and ends. */
  | { readonly done: true };

export type GramReply = { readonly value: Alignment | Gram | null } | { readonly error: string };

const gram = workerData as Gram;

const answer = async (task: GramTask): Promise<Alignment | Gram | null> => {
  if ("pairs" in task) {
    await updateGram(gram, task.pairs, task.how);
    return null;
  }
  if ("kind" in task) return fitAlignment(gram, task.kind);
  await closeProducts();
  return gram;
};

const reply = async (task: GramTask): Promise<void> => {
  try {
    const value = await answer(task);
    parentPort?.postMessage({ value } satisfies GramReply, value === gram ? buffersOf(gram) : []);
  } catch (error) {
    parentPort?.postMessage({ error: String(error) } satisfies GramReply);
  }
  if ("done" in task) parentPort?.close();
};

const buffersOf = ({ imageSums, textSums, images, texts, cross }: Gram): ArrayBuffer[] =>
  [imageSums, textSums, images, texts, cross].map(({ buffer }) => buffer as ArrayBuffer);

parentPort?.on("message", (task: GramTask) => void reply(task));
