import { AnchorageError, messageOf } from "../errors.ts";
import type { Log, Sequence } from "../types.ts";
import type { AnchorView, Changes } from "./types.ts";

/** Up to this many anchors a fit follows every change before the next query; beyond, it may lag behind a little. */
export const EAGER_ANCHORS = 200;
/** Anchors that came, as a share of those it was fitted on, after which a fit is made anew in the background. */
export const STALE_SHARE = 0.1;
/** How long no fit is made in the background after one, in multiples of the time that it took. */
const REST = 2;

/** Something that was fitted on a collection's anchors. */
export interface Kept {
  /** null where there was too little to fit. */
  readonly fit: object | null;
  readonly version: number;
  readonly sequence: Sequence;
  readonly anchors: number;
  /** The space's counts when it was fitted; unknown for one that was read from the store. */
  readonly changes: Changes | undefined;
  /** Whether the store has it, and so nothing older. */
  readonly stored: boolean;
}

/** Holds the newest fit of one kind and makes it anew when it is too old. */
export interface FitKeeper<T extends Kept> {
  readonly current: () => T | undefined;
  /** The fit that `view` is to be seen through: its own where there are few anchors, else one that may lag behind. */
  readonly fitFor: (view: AnchorView, changes: Changes) => Promise<T>;
  /**
   * Fits anew where the fit is older than `view`, and stores it; nothing where nothing was fitted yet.
   *
   * @throws AnchorageError `unavailable` where it could not be stored
   */
  readonly renew: (view: AnchorView, changes: Changes) => Promise<void>;
  /** Replaces the current fit by one that was made elsewhere, after a fit that is under way. */
  readonly put: (made: T) => Promise<void>;
  /** No fit is made in the background any more; only old views still ask for one. */
  readonly close: () => void;
  readonly closed: () => boolean;
}

/**
 * @param options.name for messages, such as `center transform of image vectors`
 * @param options.make fits on the anchors of a view, and stores the fit
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

  /** One fit at a time; whoever comes meanwhile waits for it and looks again. */
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

  /** In the background, when the last fit has been of use for a while. */
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

  /** Whether a fit that is older than `view` is in use, or may be in the store. */
  const lags = (fitted: T, view: AnchorView): boolean =>
    !closed && (fitted.sequence < view.sequence || !fitted.stored);

  return {
    current: () => current,
    fitFor: async (view, changes) => {
      for (;;) {
        // A view that is older than the fit is shown through it: a fit never goes back.
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
        // One that is being made already may be of an older view.
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
 * Whether too much has changed since the fit: many anchors, or any that was removed, for what was learnt of it is to be
 * forgotten. Of a fit that was read from the store it is only known whether anything was written since.
 */
const isStale = (fitted: Kept, view: AnchorView, now: Changes): boolean => {
  if (fitted.changes === undefined) return view.sequence > fitted.sequence;
  return (
    now.removals > fitted.changes.removals || now.total - fitted.changes.total > STALE_SHARE * fitted.anchors
  );
};
