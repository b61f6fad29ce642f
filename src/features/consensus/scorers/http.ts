import { z } from "zod";
import { RemoteFailure, type Remote } from "../remote/index.ts";
import type { Proposal, Scorer } from "../types.ts";
import { settled, type ScorerSettings } from "./settings.ts";

export interface HttpScorerSettings extends ScorerSettings {
  readonly remote: Remote;
  /** Sent with every batch, as it is. */
  readonly condition: unknown;
}

const TIMEOUT_MS = 10_000;
/** Proposals that are sent at once. */
const BATCH = 500;

const answer = z.object({ scores: z.array(z.number().nullable()) });

/**
 * A scorer of the user's own: `POST {condition, proposals}` is answered by `{scores}`, a finite number or null a
 * proposal. By default it is dropped if it fails.
 */
export const createHttpScorer = ({ remote, condition, ...settings }: HttpScorerSettings): Scorer => ({
  ...settled({ onFailure: "drop", ...settings }, { name: `http ${remote.host}`, timeoutMs: TIMEOUT_MS }),
  kinds: ["text", "anchor", "vector", "steps", "action"],
  score: async (proposals, signal) => {
    const scores = new Float64Array(proposals.length).fill(Number.NaN);
    for (let first = 0; first < proposals.length; first += BATCH) {
      const batch = proposals.slice(first, first + BATCH);
      const given = readScores(
        await remote.ask({ condition, proposals: batch.map(shown) }, signal),
        batch.length,
      );
      given.forEach((score, i) => (scores[first + i] = score ?? Number.NaN));
    }
    return { scores };
  },
});

/** What a proposal is to others. */
export const shown = ({ id, payload }: Pick<Proposal, "id" | "payload">) => ({ id, ...payload });

const readScores = (value: unknown, count: number): readonly (number | null)[] => {
  const parsed = answer.safeParse(value);
  if (!parsed.success)
    throw new RemoteFailure("did not answer with scores that are finite numbers or null", false);
  const { scores } = parsed.data;
  if (scores.length === count) return scores;
  throw new RemoteFailure(`gave ${scores.length} scores of ${count} proposals`, false);
};
