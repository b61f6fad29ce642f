/** What a step makes of one item: its answer, or what it takes to the next step. */
export type Climbed<State, Answer> =
  { readonly stop: true; readonly answer: Answer } | { readonly stop: false; readonly state: State };

/**
 * Takes items through steps of rising cost: all through the first, and through each next one, in one call, those that
 * have not stopped.
 *
 * @param depths number of steps, at least 1; the last must stop everything
 * @param step the outcome of each of `states`, in their order
 * @returns an answer for each item, in the order of `items`
 * @throws RangeError if a step leaves out an item, or if the last one does not stop it
 * @example
 * ```ts
 * // Halves even numbers, up to three times: [3, 5]
 * await climb([12, 5], 4, (_, numbers) =>
 *   Promise.resolve(numbers.map((n) => (n % 2 === 1 ? { stop: true, answer: n } : { stop: false, state: n / 2 }))),
 * );
 * ```
 */
export const climb = async <State, Answer>(
  items: readonly State[],
  depths: number,
  step: (depth: number, states: readonly State[]) => Promise<readonly Climbed<State, Answer>[]>,
): Promise<Answer[]> => {
  const answers = new Map<number, Answer>();
  let active = items.map((state, at) => ({ at, state }));
  for (let depth = 0; depth < depths && active.length > 0; depth++) {
    const outcomes = await step(
      depth,
      active.map(({ state }) => state),
    );
    if (outcomes.length !== active.length)
      throw new RangeError(`step ${depth} returned ${outcomes.length} outcomes for ${active.length} items`);
    active = outcomes.flatMap((outcome, i) => {
      const at = active[i]?.at ?? 0;
      if (!outcome.stop) return [{ at, state: outcome.state }];
      answers.set(at, outcome.answer);
      return [];
    });
  }
  if (active.length > 0) throw new RangeError(`the last step did not stop ${active.length} items`);
  return [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
};
