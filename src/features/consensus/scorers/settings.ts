import type { Normalisation } from "../../../math/ensemble/index.ts";
import type { Scorer } from "../types.ts";

/** Settings that every scorer has. */
export interface ScorerSettings {
  /** In the trace and in errors; of two scorers alike at least one needs another. */
  readonly name?: string;
  readonly calibration?: Normalisation;
  readonly onFailure?: Scorer["onFailure"];
  readonly timeoutMs?: number;
}

/** The first call may wait for fits of the collection. */
const TIMEOUT_MS = 60_000;

/** The given settings over the defaults. */
export const settled = (
  { name, calibration, onFailure, timeoutMs }: ScorerSettings,
  usual: { readonly name: string; readonly calibration?: Normalisation; readonly timeoutMs?: number },
): Pick<Scorer, "name" | "calibration" | "onFailure" | "timeoutMs"> => ({
  name: name ?? usual.name,
  calibration: calibration ?? usual.calibration ?? { kind: "z" },
  onFailure: onFailure ?? "fail",
  timeoutMs: timeoutMs ?? usual.timeoutMs ?? TIMEOUT_MS,
});
