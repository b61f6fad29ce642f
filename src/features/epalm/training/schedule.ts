/** The factor or rate of a step. Steps count from 0. */
export type Schedule = (step: number) => number;

/**
 * A share of the full rate: rising in a line to the last of the warm-up's steps, then down along half a cosine to 0
 * after the last step (Loshchilov and Hutter, SGDR, ICLR 2017, without restarts).
 */
export const warmUpCosine =
  (steps: number, warmUp: number): Schedule =>
  (step) => {
    if (step < warmUp) return (step + 1) / warmUp;
    const left = Math.max(1, steps - warmUp);
    return (1 + Math.cos((Math.PI * Math.min(left, step - warmUp)) / left)) / 2;
  };

/** Rates of eP-ALM's code, and how many epochs there are. */
export interface AuthorsSchedule {
  readonly rate: number;
  readonly warmUpRate: number;
  readonly leastRate: number;
  readonly warmUpEpochs: number;
  readonly epochs: number;
}

/** Iterations of the first epoch between two steps of the warm-up. */
const WARM_UP_STEP = 100;

/**
 * The rate of the first group of parameters in eP-ALM's code, the maps; the prompt's stays constant. In the first epoch
 * it rises every hundred iterations for as many steps as there are epochs of warm-up; from then on it follows a cosine
 * by epochs, as if there had been no warm-up.
 *
 * @param iteration of the epoch, from 0
 */
export const authorsRate = (
  { rate, warmUpRate, leastRate, warmUpEpochs, epochs }: AuthorsSchedule,
  epoch: number,
  iteration: number,
): number => {
  if (epoch > 0) return leastRate + ((rate - leastRate) / 2) * (1 + Math.cos((Math.PI * epoch) / epochs));
  const step = Math.min(warmUpEpochs, Math.floor(iteration / WARM_UP_STEP));
  return warmUpRate + ((rate - warmUpRate) * step) / warmUpEpochs;
};

/** The proportions of every configuration that the authors published. */
const AUTHORS = { warmUp: 1 / 2, least: 1 / 20, warmUpEpochs: 4 } as const;

/** The authors' schedule around one full rate, in the proportions of their configurations. */
export const authorsSchedule = (rate: number, epochs: number): AuthorsSchedule => ({
  rate,
  warmUpRate: AUTHORS.warmUp * rate,
  leastRate: AUTHORS.least * rate,
  warmUpEpochs: AUTHORS.warmUpEpochs,
  epochs,
});
