import { AnchorageError, messageOf } from "../errors.ts";
import type { Log, Sequence } from "../types.ts";
import type { AnchorView, Changes } from "./types.ts";

/** Up to this number of anchors a fit follows every change before the next query; beyond it, a fit may lag behind. */
export const EAGER_ANCHORS = 200;
/** Share of new anchors, relative to the fitted ones, after which a new fit is made in the background. */
export const STALE_SHARE = 0.1;
/** Minimum time between two background fits, as a multiple of the time that the last one took. */
const REST = 2;

/** A fit on a collection's anchors. */
export interface Kept {
  /** null if there was too little data to fit. */
  readonly fit: object | null;
  readonly version: number;
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The space's counters at the time of the fit; unknown for a fit from the store. */
  readonly changes: Changes | undefined;
  /** Whether it is stored, so that the store has no older one. */
  readonly stored: boolean;
}

/** Keeps the latest fit of one kind and replaces it when it is outdated. */
export interface FitKeeper<T extends Kept> {
  readonly current: () => T | undefined;
  /** The fit for queries on `view`: up to date in a small collection; in a large one it may lag behind. */
  readonly fitFor: (view: AnchorView, changes: Changes) => Promise<T>;
  /**
   * Replaces a fit that is older than `view`, and stores the new one. Does nothing if there is no fit yet.
   *
   * @throws AnchorageError `unavailable` if it could not be stored
   */
  readonly renew: (view: AnchorView, changes: Changes) => Promise<void>;
  /** Replaces the current fit by an external one, after a running fit. */
  readonly put: (made: T) => Promise<void>;
  /** Stops background fits; only queries on old views still cause fits. */
  readonly close: () => void;
  readonly closed: () => boolean;
}

/**
 * @param options.name name for messages, such as `center transform of image vectors`
 * @param options.make fits on the anchors of a view and stores the fit
 */
export const createFitKeeper = <T extends Kept>(options: {
  readonly name: string;
  readonly carried: T | undefined;
  readonly make: (view: AnchorView, changes: Changes) => Promise<T>;
  readonly log: Log;
}): FitKeeper<T> => {
  const { name, make, log } = options;
  let current = options.carried;
  let fitting: Promise<void> | undefined;
  let resting: NodeJS.Timeout | undefined;
  let restsUntil = 0;
  let closed = false;

  /** One fit at a time; concurrent callers wait for it and check again. */
  const refit = (view: AnchorView, changes: Changes): Promise<void> => {
    const started = performance.now();
    fitting ??= make(view, changes)
      .then((made) => {
        current = made;
      })
      .finally(() => {
        fitting = undefined;
        const ended = performance.now();
        restsUntil = ended + REST * (ended - started);
      });
    return fitting;
  };

  /** Fits in the background once the last fit has been used for a while. */
  const refitLater = (view: AnchorView, changes: Changes): void => {
    if (closed || fitting !== undefined || resting !== undefined) return;
    resting = setTimeout(
      () => {
        resting = undefined;
        refit(view, changes).catch((error: unknown) => {
          log.warn(`the ${name} could not be fitted anew: ${messageOf(error)}`);
        });
      },
      Math.max(0, restsUntil - performance.now()),
    );
    resting.unref();
  };

  /** Whether a fit that is older than `view` is in use or may be stored. */
  const lags = (fitted: T, view: AnchorView): boolean =>
    !closed && (fitted.sequence < view.sequence || !fitted.stored);

  return {
    current: () => current,
    fitFor: async (view, changes) => {
      for (;;) {
        // A view that is older than the fit uses the newer fit: fits never go back.
        if (current !== undefined && current.sequence >= view.sequence) return current;
        if (current !== undefined && mayLag(current, view)) {
          if (isStale(current, view, changes)) refitLater(view, changes);
          return current;
        }
        await refit(view, changes);
      }
    },
    renew: async (view, changes) => {
      while (current !== undefined && lags(current, view)) {
        // A running fit may be for an older view.
        await refit(view, changes);
        if (current.sequence < view.sequence || !lags(current, view)) continue;
        throw new AnchorageError("unavailable", `The ${name} was fitted anew, but could not be stored.`);
      }
    },
    put: async (made) => {
      while (fitting !== undefined) await fitting.catch(() => undefined);
      clearTimeout(resting);
      resting = undefined;
      current = made;
    },
    close: () => {
      closed = true;
      clearTimeout(resting);
    },
    closed: () => closed,
  };
};

const mayLag = (fitted: Kept, view: AnchorView): boolean =>
  fitted.fit !== null && Math.min(view.size, fitted.anchors) > EAGER_ANCHORS;

/**
 * Whether too much has changed since the fit: many anchors were added, or any was removed, because a fit must not
 * keep traces of removed anchors. For a fit from the store it is only known whether anything was written since.
 */
const isStale = (fitted: Kept, view: AnchorView, now: Changes): boolean => {
  if (fitted.changes === undefined) return view.sequence > fitted.sequence;
  return (
    now.removals > fitted.changes.removals || now.total - fitted.changes.total > STALE_SHARE * fitted.anchors
  );
};
