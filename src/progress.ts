import { Presets, SingleBar } from "cli-progress";

/** Displays the progress of a long task. */
export interface Progress {
  /** Shows `done` of `total`; `total` may grow between calls. */
  update(done: number, total: number): void;
  stop(): void;
}

/** Shows nothing. */
export const silentProgress: Progress = { update: () => undefined, stop: () => undefined };

const LINE_EVERY_MS = 5_000;
/** Work that ends sooner shows no progress. */
const SHOWN_AFTER_MS = 1_000;

/**
 * Shows a progress bar after one second if stderr is a terminal, otherwise writes a line every 5 seconds. All output goes
 * to stderr, so stdout stays machine-readable.
 *
 * @param label what is being done, such as "Import"
 * @param unit plural noun for what is counted, such as "anchors"
 */
export const createProgress = (label: string, unit: string): Progress =>
  process.stderr.isTTY ? bar(label, unit) : lines(label, unit);

const bar = (label: string, unit: string): Progress => {
  const single = new SingleBar(
    {
      format: `${label} {bar} {value}/{total} ${unit} · {percentage}% · {eta_formatted} left`,
      hideCursor: true,
      stream: process.stderr,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  const created = Date.now();
  let started = false;
  return {
    update: (done, total) => {
      if (!started && Date.now() - created < SHOWN_AFTER_MS) return;
      if (!started) single.start(total, done);
      started = true;
      single.setTotal(total);
      single.update(done);
    },
    stop: () => {
      if (started) single.stop();
    },
  };
};

const lines = (label: string, unit: string): Progress => {
  const started = Date.now();
  let last = started;
  // Excludes work that an earlier process finished from the rate.
  let before: number | undefined;
  return {
    update: (done, total) => {
      before ??= done;
      const now = Date.now();
      if (now - last < LINE_EVERY_MS && (done < total || now - started < SHOWN_AFTER_MS)) return;
      last = now;
      const rate = ((done - before) / Math.max(1, now - started)) * 1000;
      const left = rate > 0 && done < total ? `, ${duration((total - done) / rate)} left` : "";
      process.stderr.write(
        `${label}: ${done}/${total} ${unit} (${rate.toFixed(rate < 10 ? 1 : 0)}/s${left})\n`,
      );
    },
    stop: () => undefined,
  };
};

/** In the two largest units, such as "2 h 5 min"; seconds are rounded up. */
const duration = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
