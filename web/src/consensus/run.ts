import { signal } from "@preact/signals";
import type { ConsensusAnswerBody } from "../../../src/features/client.ts";
import { client } from "../service.ts";
import { votesOf, type RunRequest, type Vote } from "./request.ts";

export interface RoundShown {
  readonly round: number;
  readonly proposed: number;
  readonly vetoed: number;
  readonly votes: readonly Vote[];
}

/** A run as it is watched. It goes on while other sections are shown. */
export interface Run {
  readonly scorers: readonly string[];
  readonly rounds: readonly RoundShown[];
  readonly state: "running" | "done" | "stopped" | "failed";
  readonly answer: ConsensusAnswerBody | null;
  readonly error: unknown;
}

export const run = signal<Run | null>(null);
let stopping = new AbortController();

/** Ends the run, and with it the service's work for it; the rounds that came are kept. */
export const stopRun = (): void => stopping.abort();

/** Starts a run and shows each round as it comes. */
export const startRun = async (request: RunRequest, scorers: readonly string[]): Promise<void> => {
  stopRun();
  const aborting = new AbortController();
  stopping = aborting;
  const known = new Map<string, string>();
  const change = (changes: Partial<Run>): void => {
    if (stopping === aborting && run.value !== null) run.value = { ...run.value, ...changes };
  };
  run.value = { scorers, rounds: [], state: "running", answer: null, error: null };
  try {
    for await (const event of client.value.consensusStream(request, { signal: aborting.signal }))
      if (event.event === "result") change({ answer: event.result, state: "done" });
      else {
        const { round, proposed, vetoes } = event.round;
        const shown = {
          round,
          proposed: proposed.length,
          vetoed: vetoes.length,
          votes: votesOf(event.round, known),
        };
        change({ rounds: [...run.value.rounds, shown] });
      }
  } catch (error) {
    change(aborting.signal.aborted ? { state: "stopped" } : { state: "failed", error });
  }
};
