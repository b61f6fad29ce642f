import type { Generator, Payload } from "../types.ts";

/** Proposes the given payloads in order; those that a round has no room for follow in later rounds. */
export const createListGenerator = ({
  name = "list",
  payloads,
}: {
  readonly name?: string;
  readonly payloads: readonly Payload[];
}): Generator => ({
  name,
  propose: (state, count) =>
    Promise.resolve(
      payloads
        .filter((payload) => !state.has(payload))
        .slice(0, count)
        .map((payload) => ({ payload })),
    ),
});
