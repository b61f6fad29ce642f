import type { Generator, Payload } from "../types.ts";

/** Proposes what it is given, in order, as far as it is asked for; what is left in the rounds that follow. */
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
