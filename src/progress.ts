import { Presets, SingleBar } from "cli-progress";

/** Shows how far a long piece of work has come. */
export interface Progress {
  /** `done` of `total`; total may still grow. */
  update(done: number, total: number): void;
  stop(): void;
}

export const silentProgress: Progress = { update: () => undefined, stop: () => undefined };

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; elsewhere a line every few seconds. Written to stderr, so that stdout stays parseable. */
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
  let started = false;
  return {
    update: (done, total) => {
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
  let last = 0;
  const started = Date.now();
  // What was done before this process began is not of its speed.
  let before: number | undefined;
  return {
    update: (done, total) => {
      const now = Date.now();
      if (now - last < LINE_EVERY_MS && done < total) return;
      last = now;
      before ??= done;
      const rate = ((done - before) / Math.max(1, now - started)) * 1000;
      process.stderr.write(`${label}: ${done}/${total} ${unit} (${rate.toFixed(rate < 10 ? 1 : 0)}/s)\n`);
    },
    stop: () => undefined,
  };
};
