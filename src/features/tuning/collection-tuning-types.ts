import type { AtLeast } from "../../api/collections.ts";
import type { TuneContext, TuneSettings, Tuning } from "./index.ts";
import type { Sequence } from "../../types.ts";

/** What is absent is as `TUNING_DEFAULTS` says. */
export interface TuneRequest extends Partial<TuneSettings>, AtLeast {
  /** Whether queries are answered by what is found. */
  readonly apply?: boolean;
}

export interface TuningDetail extends Tuning {
  readonly tunedAt: Date;
  /** The sequence from which queries are answered by what was chosen; null where it was not applied. */
  readonly appliedAt: Sequence | null;
}

export type TuningWork = (context: TuneContext) => Promise<TuningDetail>;
