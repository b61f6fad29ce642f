/** Keeps calls from an endpoint that fails again and again. */
export interface Breaker {
  /** Whether it may be called now; after the pause, one call at a time is let through. */
  readonly allows: (key: string) => boolean;
  readonly succeeded: (key: string) => void;
  readonly failed: (key: string) => void;
}

const FAILURES = 5;
const OPEN_MS = 30_000;
/** The most endpoints that are remembered, the latest failures; bounded, because requests choose their paths. */
const MOST = 1_000;

interface State {
  failures: number;
  /** When it may be tried again. */
  until: number;
}

/**
 * @param now in ms
 */
export const createBreaker = ({
  failures = FAILURES,
  openMs = OPEN_MS,
  most = MOST,
  now = () => performance.now(),
}: {
  readonly failures?: number;
  readonly openMs?: number;
  readonly most?: number;
  readonly now?: () => number;
} = {}): Breaker => {
  const states = new Map<string, State>();
  return {
    allows: (key) => {
      const state = states.get(key);
      if (state === undefined || state.failures < failures) return true;
      if (now() < state.until) return false;
      // The next one waits for what becomes of this.
      state.until = now() + openMs;
      return true;
    },
    succeeded: (key) => {
      states.delete(key);
    },
    failed: (key) => {
      const state = states.get(key) ?? { failures: 0, until: 0 };
      state.failures++;
      if (state.failures >= failures) state.until = now() + openMs;
      states.delete(key);
      states.set(key, state);
      for (const [oldest] of states) {
        if (states.size <= most) break;
        states.delete(oldest);
      }
    },
  };
};
