import type { Random } from "../../../src/math/random.ts";
import { ask } from "../../../test/service/asking.ts";
import { crowdQuery, CROWD } from "../crowd.ts";
import { createFindings, type Fault } from "../fault.ts";

const ALTERNATIVES = 10_000;
const ANSWERED_WITHIN_MS = 15_000;

const many = <T>(make: (i: number) => T): T[] => Array.from({ length: ALTERNATIVES }, (_, i) => make(i));

const FILTERS: Readonly<Record<string, (random: Random) => object>> = {
  "of one field": () => ({ any: many((i) => ({ number: -i })) }),
  "of many fields": () => ({ any: many((i) => ({ [`field${i}`]: i })) }),
  "of ranges": () => ({ any: many((i) => ({ number: { gt: CROWD_BEYOND + i } })) }),
  "of ranges within bounds": () => ({
    any: many((i) => ({ number: { gt: CROWD_BEYOND + i } })).slice(0, 500),
  }),
  "that are excluded": () => ({ not: { any: many((i) => ({ number: i })) } }),
  // Deeper ones are more than the stack of this script can write.
  "that are nested": () =>
    many((i) => i)
      .slice(0, 2_000)
      .reduce<object>((inner) => ({ not: inner }), { number: 1 }),
  "of values in lists": (random) => ({ number: { in: many(() => random.integer(1_000_000)) } }),
};
/** More than any anchor has, so that each condition is looked at. */
const CROWD_BEYOND = 1_000_000;

/** A filter of ten thousand alternatives over ten thousand anchors is answered or refused, and holds up nobody. */
export const wideFilter: Fault = {
  name: "wide-filter",
  share: 2,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const { url } = await shared();
        const [kind = "", make] = random.shuffle(Object.entries(FILTERS))[0] ?? [];
        const body = { ...crowdQuery(random.integer(100)), filter: make?.(random) };
        const start = performance.now();
        const path = `/v1/collections/${CROWD}/search`;
        const answers = await Promise.all(
          Array.from({ length: 4 }, () => ask(url, { method: "POST", path, body })),
        );
        const ms = Math.round(performance.now() - start);
        for (const { status } of answers)
          check([200, 400, 413].includes(status), `a filter of alternatives ${kind} was answered ${status}`);
        check(ms < ANSWERED_WITHIN_MS, `a filter of alternatives ${kind} took ${ms} ms`);
        return found;
      },
    }),
};
