import { createHash } from "node:crypto";
import type { Payload, Proposal, Proposed } from "../types.ts";

const ID_LENGTH = 16;

/** All that was proposed in a run, each once, in the order of first appearance. */
export interface Pool {
  readonly proposals: readonly Proposal[];
  readonly has: (payload: Payload) => boolean;
  readonly multiplicity: (index: number) => number;
  /** Why it is out of the question; undefined where it is not. */
  readonly vetoed: (index: number) => string | undefined;
  readonly veto: (index: number, reason: string) => void;
  /** @returns whether it is new */
  readonly add: (proposed: Proposed, generator: string, round: number) => boolean;
}

export const createPool = (): Pool => {
  const proposals: Proposal[] = [];
  const places = new Map<string, number>();
  const counts: number[] = [];
  const vetoes = new Map<number, string>();
  return {
    proposals,
    has: (payload) => places.has(idOf(payload)),
    multiplicity: (index) => counts[index] ?? 0,
    vetoed: (index) => vetoes.get(index),
    veto: (index, reason) => {
      if (!vetoes.has(index)) vetoes.set(index, reason);
    },
    add: (proposed, generator, round) => {
      const id = idOf(proposed.payload);
      const known = places.get(id);
      if (known !== undefined) {
        counts[known] = (counts[known] ?? 0) + 1;
        return false;
      }
      places.set(id, proposals.length);
      counts.push(1);
      proposals.push({ ...proposed, id, parents: proposed.parents ?? [], generator, round });
      return true;
    },
  };
};

/** The same for equal payloads, in every run and process. */
const idOf = (payload: Payload): string =>
  createHash("sha256")
    .update(JSON.stringify(canonical(payload)))
    .digest("hex")
    .slice(0, ID_LENGTH);

const canonical = (payload: Payload): readonly unknown[] => {
  switch (payload.kind) {
    case "text":
      return ["text", payload.text];
    case "anchor":
      return ["anchor", payload.anchor];
    case "vector":
      return ["vector", payload.modality, payload.vector];
    case "steps":
      return ["steps", payload.steps, payload.done];
    case "action":
      return ["action", payload.action];
  }
};
