import { createFoldMemories, type Fold } from "../../asif/index.ts";
import type { AnchorView } from "../../retrieval/index.ts";
import { ask, askGrid, openFold, type OpenFold, type Plugged } from "./answer.ts";
import type { ParameterGrid } from "./candidates.ts";
import type { Ledger } from "./ledger.ts";
import { askPowers, transformOfPowers, type WhiteningPowers } from "./powers.ts";
import type { Negatives } from "../../types.ts";
import type { Choice, Trial } from "./api.ts";

export interface TuneContext {
  readonly signal: AbortSignal;
  /** Pieces of work; their number grows as more is found to be worth trying. */
  readonly progress: (done: number, total: number) => void;
  /** Methods beside the core's; absent: none. */
  readonly plugs?: Plugged;
  /** What similarities below 0 count for; absent: nothing. */
  readonly negatives?: Negatives;
  /** The method that a new collection of the same encoders has through `auto`; absent: `asif`. */
  readonly autoMethod?: "asif" | "asif+local";
}

/** Some trials in one fold. */
export type Piece = (open: OpenFold, record: (trial: Trial, ranks: Float64Array) => void) => Promise<void>;

/** The trials of ASIF, in whichever space, at every point of a grid. */
export const gridPiece =
  (trial: Trial, { ks, ps }: ParameterGrid): Piece =>
  (open, record) =>
    askGrid(open, trial, ks, ps, (k, p, ranks) => record({ ...trial, k, p }, ranks));

/** ASIF through other powers and ranks than those of `auto`; nothing where `auto` does not whiten. */
export const powersPiece =
  (trial: Trial, variants: readonly WhiteningPowers[], grid: ParameterGrid): Piece =>
  async (open, record) => {
    await askPowers(open, variants, grid, (powers, k, p, ranks) =>
      record({ ...trial, transform: transformOfPowers(powers), k, p }, ranks),
    );
  };

/** @param defaults for what the trial leaves open */
export const trialPiece =
  (trial: Trial, defaults: Choice): Piece =>
  async (open, record) =>
    record(trial, await ask(open, trial, defaults));

interface Run {
  /**
   * Does every piece in every fold, until time is up; the first fold in any case where it is asked to.
   *
   * @returns in how many folds all pieces were done
   */
  readonly stage: (
    folds: readonly Fold[],
    pieces: readonly Piece[],
    options?: { readonly firstInAnyCase: boolean },
  ) => Promise<number>;
  /** Shows all that was begun as done. */
  readonly finish: () => void;
  readonly close: () => void;
}

/** @param planned how many pieces there will be, as far as is known */
export const createRun = (
  view: AnchorView,
  ledger: Ledger,
  options: TuneContext & { readonly until: number; readonly planned: number },
): Run => {
  const { signal, progress, plugs, negatives, until, planned } = options;
  const memories = createFoldMemories(view);
  let [done, begun] = [0, 0];
  return {
    stage: async (folds, pieces, { firstInAnyCase } = { firstInAnyCase: false }) => {
      if (pieces.length === 0) return folds.length;
      begun += folds.length * pieces.length;
      for (const [index, fold] of folds.entries()) {
        const isLate = (): boolean => performance.now() > until && !(firstInAnyCase && index === 0);
        if (isLate()) return index;
        const open = openFold(view, fold, await memories.open(fold), plugs, negatives);
        for (const piece of pieces) {
          signal.throwIfAborted();
          if (isLate()) return index;
          progress(done, Math.max(planned, begun));
          await piece(open, (trial, ranks) => ledger.record(trial, index, ranks));
          done++;
        }
      }
      return folds.length;
    },
    finish: () => progress(done, done),
    close: memories.close,
  };
};
