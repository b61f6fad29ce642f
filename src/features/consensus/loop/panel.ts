import { finiteOf } from "../../../math/ensemble/index.ts";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { withinTime } from "../../../collections/time-limit.ts";
import type { ConsensusPlan, RoundTrace, Scorer, ScorerCost } from "../types.ts";
import type { Pool } from "./pool.ts";

/** What the scorers of a run have said so far. */
export interface Panel {
  /** Raw, one a proposal of the pool, of each scorer. */
  readonly scores: readonly Float64Array[];
  readonly backgrounds: readonly (Float64Array | undefined)[];
  /** 0 for a scorer that was dropped. */
  readonly weights: readonly number[];
  /**
   * Asks every scorer about the proposals of the pool that it has not judged yet.
   *
   * @returns who failed
   * @throws AnchorageError `unavailable` where a scorer fails that must not, or too few are left
   */
  readonly judge: (pool: Pool, signal: AbortSignal) => Promise<RoundTrace["failures"]>;
  readonly vetoesOf: (pool: Pool, from: number) => RoundTrace["vetoes"];
  readonly costs: () => ScorerCost[];
}

interface Seat {
  readonly scorer: Scorer;
  scores: Float64Array;
  /** Number of proposals of the pool that it was called for. */
  upTo: number;
  background: Float64Array | undefined;
  weight: number;
  calls: number;
  proposals: number;
  ms: number;
  failures: number;
}

export const openPanel = ({
  scorers,
  weights,
  quorum,
}: Pick<ConsensusPlan, "scorers" | "weights" | "quorum">): Panel => {
  const seats = scorers.map((scorer, n): Seat => ({
    scorer,
    scores: new Float64Array(0),
    upTo: 0,
    background: undefined,
    weight: weights[n] ?? 0,
    calls: 0,
    proposals: 0,
    ms: 0,
    failures: 0,
  }));
  const whole = sumOf(weights);
  const reasons = new Map<number, { readonly scorer: string; readonly reason: string }>();

  const ask = async (seat: Seat, pool: Pool, signal: AbortSignal): Promise<void> => {
    const { scorer } = seat;
    const judged = scorer.judgesPool === true ? 0 : seat.upTo;
    const places = pool.proposals.flatMap(({ payload }, i) =>
      i >= judged && scorer.kinds.includes(payload.kind) ? [i] : [],
    );
    if (places.length === 0) return;
    const fresh = places.filter((i) => i >= seat.upTo).length;
    seat.calls++;
    const batch = places.flatMap((i) => pool.proposals[i] ?? []);
    const multiplicities = scorer.judgesPool === true ? places.map(pool.multiplicity) : undefined;
    const { scores, vetoes } = await withinTime(scorer.timeoutMs, signal, async (limited) => {
      if (scorer.background !== undefined && seat.background === undefined)
        seat.background = finiteOf(await unlessAborted(scorer.background(limited), limited, scorer));
      return unlessAborted(scorer.score(batch, limited, multiplicities), limited, scorer);
    });
    if (scores.length !== batch.length)
      throw new AnchorageError("unavailable", `gave ${scores.length} scores of ${batch.length} proposals`);
    seat.proposals += fresh;
    places.forEach((place, i) => {
      const score = scores[i] ?? Number.NaN;
      seat.scores[place] = Number.isFinite(score) ? score : Number.NaN;
      const reason = vetoes?.get(i);
      if (reason === undefined || pool.vetoed(place) !== undefined) return;
      pool.veto(place, reason);
      reasons.set(place, { scorer: scorer.name, reason });
    });
  };

  const settle = async (
    seat: Seat,
    pool: Pool,
    signal: AbortSignal,
  ): Promise<RoundTrace["failures"][number] | undefined> => {
    const started = performance.now();
    try {
      await ask(seat, pool, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const { name, onFailure } = seat.scorer;
      const message = messageOf(error);
      if (onFailure === "fail")
        throw new AnchorageError("unavailable", `The scorer "${name}" failed: ${message}`, { cause: error });
      seat.failures++;
      if (onFailure === "drop") seat.weight = 0;
      return { scorer: name, message, policy: onFailure };
    } finally {
      seat.upTo = pool.proposals.length;
      seat.ms += performance.now() - started;
    }
  };

  return {
    get scores() {
      return seats.map(({ scores }) => scores);
    },
    get backgrounds() {
      return seats.map(({ background }) => background);
    },
    get weights() {
      return seats.map(({ weight }) => weight);
    },
    judge: async (pool, signal) => {
      for (const seat of seats) seat.scores = grown(seat.scores, pool.proposals.length);
      const over = new AbortController();
      const settled = await Promise.all(
        seats
          .filter((seat) => !isDropped(seat))
          .map((seat) => settle(seat, pool, AbortSignal.any([signal, over.signal]))),
      ).catch((error: unknown) => {
        // Nobody waits for what the others would say.
        over.abort(error);
        throw error;
      });
      const left = sumOf(seats.filter((seat) => !isSilent(seat)).map(({ weight }) => weight));
      if (left < quorum * whole) {
        const lost = seats.filter(({ failures }) => failures > 0).map(({ scorer }) => scorer.name);
        throw new AnchorageError(
          "unavailable",
          `Too many scorers failed (${lost.join(", ")}): less than ${quorum} of the weight is left.`,
        );
      }
      return settled.filter((failure) => failure !== undefined);
    },
    vetoesOf: (pool, from) =>
      [...reasons]
        .filter(([place]) => place >= from)
        .map(([place, { scorer, reason }]) => ({ proposal: idAt(pool, place), scorer, reason })),
    costs: () =>
      seats.map(({ scorer, calls, proposals, ms, failures }) => ({
        scorer: scorer.name,
        asked: calls,
        proposals,
        ms: Math.round(ms),
        failures,
        ...(scorer.report === undefined ? {} : { report: scorer.report() }),
      })),
  };
};

/** Whether every call has failed, so that it has no earlier scores. */
const isSilent = ({ calls, failures }: Seat): boolean => failures > 0 && failures === calls;

/** Its scores stay as they were, and count for nothing. */
const isDropped = ({ scorer, failures }: Seat): boolean => scorer.onFailure === "drop" && failures > 0;

const idAt = (pool: Pool, place: number): string => pool.proposals[place]?.id ?? "";

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + Math.abs(b), 0);

const grown = (scores: Float64Array, length: number): Float64Array => {
  const larger = new Float64Array(length).fill(Number.NaN);
  larger.set(scores);
  return larger;
};

/** Goes on when the time is up, even where a scorer does not listen to its signal. */
const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal, { timeoutMs }: Scorer): Promise<T> => {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(new AnchorageError("unavailable", `took longer than ${timeoutMs} ms`));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
};
