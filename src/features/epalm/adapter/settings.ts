import { z } from "zod";
import { AnchorageError } from "../../../errors.ts";
import type { AdapterSettings } from "./types.ts";

const count = z.int().positive();
const whole = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");

const vision = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("epalm"),
    mode: z.enum(["legacy", "causal-keep", "causal-drop"]),
    injection: z.strictObject({
      startLayer: whole,
      endLayer: whole,
      vectors: count,
      textStep: count,
      selectHigherStep: z.boolean().exactOptional(),
    }),
    tokens: count,
  }),
  z.strictObject({ kind: z.literal("limber"), vectors: count, tokens: count }),
]);

const shape = z.strictObject({
  features: z.array(count),
  hidden: count,
  wordWidth: count,
  shared: z.boolean(),
  prompt: whole,
  promptNetwork: z.boolean(),
  tokenNorm: z.boolean(),
});

const training = z.strictObject({
  rows: count,
  validationRows: whole,
  sha256,
  seed: z.int(),
  batch: count,
  epochs: whole,
  steps: whole,
  rates: z.strictObject({ connection: z.number(), prompt: z.number() }),
  curve: z.array(z.strictObject({ epoch: whole, loss: z.number(), validation: z.number().nullable() })),
  best: z.strictObject({ epoch: whole, loss: z.number() }),
});

const settings = z.strictObject({
  vision: vision.nullable(),
  features: z.array(z.strictObject({ encoder: z.string().min(1), sha256, dimension: count })),
  shape,
  decoder: z.strictObject({ id: z.string().min(1), sha256 }),
  loss: z.enum(["answer", "all"]),
  training: training.nullable(),
});

/**
 * Reads an adapter's settings.
 *
 * @throws AnchorageError `unprocessable` that names what is wrong, or does not fit together
 */
export const parseAdapterSettings = (json: unknown): AdapterSettings => {
  const parsed = settings.safeParse(json);
  if (!parsed.success)
    throw unfit(
      parsed.error.issues.map(({ path, message }) => ({ path: `settings.${path.join(".")}`, message })),
    );
  const found = parsed.data;
  const faults = contradictions(found);
  if (faults.length > 0) throw unfit(faults);
  return found;
};

const contradictions = ({
  vision: seen,
  features,
  shape: made,
}: AdapterSettings): { readonly path: string; readonly message: string }[] => {
  const faults = [];
  const vectors = visualVectorCount(seen);
  if (made.features.length !== vectors)
    faults.push({
      path: "settings.shape.features",
      message: `there are ${made.features.length} for ${vectors} visual vectors`,
    });
  if (features.length !== vectors)
    faults.push({
      path: "settings.features",
      message: `there are ${features.length} for ${vectors} visual vectors`,
    });
  if (made.shared && new Set(made.features).size > 1)
    faults.push({
      path: "settings.shape.features",
      message: "must be of one width, for they share a map",
    });
  if (vectors === 0 && made.prompt === 0)
    faults.push({ path: "settings.shape.prompt", message: "must be above 0 where nothing is seen" });
  return faults;
};

/** How many visual vectors an input is told by. */
export const visualVectorCount = (seen: AdapterSettings["vision"]): number =>
  seen === null ? 0 : seen.kind === "epalm" ? seen.injection.vectors : seen.vectors;

const unfit = (faults: readonly { readonly path: string; readonly message: string }[]): AnchorageError =>
  new AnchorageError(
    "unprocessable",
    `The adapter's settings do not fit: ${faults.map(({ path, message }) => `${path}: ${message}`).join("; ")}.`,
    { faults },
  );
