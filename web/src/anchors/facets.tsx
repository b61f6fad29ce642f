import type { Facet } from "../../../src/api/facets.ts";
import { count } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { change, condition, filterOf, readConditions, shelf } from "./state.ts";

const VALUES = 12;
/** A key of many values sorts something where its most frequent value has this share of the anchors. */
const LEAST_SHARE = 0.005;

/**
 * The facets under the conditions. Within one key any value will do, so that the counts of a key that has a condition
 * are made without it.
 */
const readFacets = async (
  name: string,
  where: readonly string[],
  signal: AbortSignal,
): Promise<readonly Facet[]> => {
  const collection = collectionClient(name);
  const filter = filterOf(where);
  const common = await collection.facets(
    { limit: VALUES, ...(filter === undefined ? {} : { filter }) },
    { signal },
  );
  const own = await Promise.all(
    [...readConditions(where).keys()].map(async (key) => {
      const others = filterOf(where, key);
      const { facets } = await collection.facets(
        { keys: [key], limit: VALUES, ...(others === undefined ? {} : { filter: others }) },
        { signal },
      );
      return facets;
    }),
  );
  const byKey = new Map(own.flat().map((facet) => [facet.key, facet]));
  const missing = own.flat().filter(({ key }) => common.facets.every((facet) => facet.key !== key));
  return sortFacets([...common.facets.map((facet) => byKey.get(facet.key) ?? facet), ...missing]);
};

/** Whether values of a key hardly sort anything: even the most frequent one has few anchors, or none is a scalar. */
export const sortsNothing = ({ distinct, anchors, values }: Facet): boolean =>
  distinct === 0 || (distinct > VALUES && (values[0]?.anchors ?? 0) < anchors * LEAST_SHARE);

/** Keys with few values first, then those with many; the order within each stays. */
export const sortFacets = (facets: readonly Facet[]): readonly Facet[] => [
  ...facets.filter((facet) => !sortsNothing(facet) && facet.distinct <= VALUES),
  ...facets.filter((facet) => !sortsNothing(facet) && facet.distinct > VALUES),
  ...facets.filter(sortsNothing),
];

/** Why the values of a key are not listed. */
const reasonOf = ({ distinct }: Facet): string =>
  distinct === 0
    ? "Its values are objects, which are not counted."
    : `${count(distinct)} values: almost every anchor has its own.`;

/** How many anchors have which values; a click shows those alone, several values of a key mean any of them. */
export const Facets = ({ name, sequence }: { readonly name: string; readonly sequence: number }) => {
  const { where } = shelf.value;
  const { value } = useLoad(
    (signal) => readFacets(name, where, signal),
    JSON.stringify([name, sequence, where]),
  );
  const toggle = (each: string): void =>
    change({ where: where.includes(each) ? where.filter((other) => other !== each) : [...where, each] });
  return (
    <aside class="facets" aria-label="Facets">
      {value?.map((facet) => {
        const { key, values, distinct } = facet;
        const silent = sortsNothing(facet);
        return (
          <section key={key}>
            <h2>{key}</h2>
            {silent ? (
              <p class="small muted">{reasonOf(facet)}</p>
            ) : (
              values.map(({ value: each, anchors }) => {
                const is = condition(key, each);
                return (
                  <button key={is} type="button" aria-pressed={where.includes(is)} onClick={() => toggle(is)}>
                    <span>{each === null ? "null" : String(each)}</span>
                    <span class="muted">{count(anchors)}</span>
                  </button>
                );
              })
            )}
            {distinct > values.length && !silent && (
              <p class="small muted">and {count(distinct - values.length)} more values</p>
            )}
          </section>
        );
      })}
      {value?.length === 0 && <p class="small muted">These anchors have no metadata to sort them by.</p>}
    </aside>
  );
};
