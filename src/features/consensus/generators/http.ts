import { z } from "zod";
import { AnchorageError, messageOf } from "../../../errors.ts";
import { withinTime } from "../../../collections/time-limit.ts";
import type { Remote } from "../remote/index.ts";
import type { Generator, Proposed } from "../types.ts";
import { isProposable, textPayload } from "./texts.ts";

export interface HttpGeneratorSettings {
  readonly name?: string;
  readonly remote: Remote;
  /** Sent in every round, as it is. */
  readonly condition: unknown;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

const answer = z.object({
  proposals: z.array(
    z.object({
      text: z.string(),
      parents: z.array(z.string()).optional(),
      logProbability: z.number().optional(),
    }),
  ),
});

/**
 * A generator of the user's own: `POST {condition, round, count, survivors}` is answered by `{proposals}`, each a text and
 * what the generator thinks of it. What is over the count, empty or too long is left out.
 */
export const createHttpGenerator = ({
  remote,
  condition,
  name = `http ${remote.host}`,
  timeoutMs = TIMEOUT_MS,
}: HttpGeneratorSettings): Generator => ({
  name,
  propose: async ({ round, survivors }, count, _random, signal) => {
    const sent = survivors.map(({ proposal: { id, payload }, value }) => ({ id, ...payload, value }));
    const body = { condition, round, count, survivors: sent };
    const parsed = answer.safeParse(
      await withinTime(timeoutMs, signal, (limited) => remote.ask(body, limited)).catch((error: unknown) => {
        signal.throwIfAborted();
        throw failure(name, messageOf(error), error);
      }),
    );
    if (!parsed.success) throw failure(name, "did not answer with proposals that are texts");
    const known = new Set(survivors.map(({ proposal }) => proposal.id));
    return parsed.data.proposals
      .filter(({ text }) => isProposable(text) && text.isWellFormed() && !text.includes("\0"))
      .slice(0, count)
      .map(({ text, parents = [], logProbability }): Proposed => ({
        payload: textPayload(text),
        parents: parents.filter((id) => known.has(id)),
        ...(logProbability === undefined ? {} : { logProbability }),
      }));
  },
});

const failure = (name: string, message: string, cause?: unknown): AnchorageError =>
  new AnchorageError("unavailable", `The generator "${name}" failed: ${message}`, { cause });
