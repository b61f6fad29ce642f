import { generatorOf } from "../api/generators.ts";
import { consensusRequests } from "../api/request.ts";
import { scorerOf } from "../api/scorers.ts";
import type { GeneratorEntry, GeneratorPlug, ScorerEntry, ScorerPlug } from "../plug.ts";
import { GENERATORS } from "./generators.ts";
import { SCORERS } from "./scorers.ts";

/** Every scorer and generator there is, by name: those of consensus itself and those that features add. */
export interface Catalogue {
  readonly scorers: ReadonlyMap<string, ScorerEntry>;
  readonly generators: ReadonlyMap<string, GeneratorEntry>;
}

/** @throws RangeError where an added one has the name of another */
export const createCatalogue = (added: {
  readonly scorers: readonly ScorerPlug[];
  readonly generators: readonly GeneratorPlug[];
}): Catalogue => ({
  scorers: joined<ScorerEntry>("scorer", Object.entries(SCORERS), added.scorers),
  generators: joined<GeneratorEntry>("generator", Object.entries(GENERATORS), added.generators),
});

const joined = <Entry>(
  what: string,
  own: readonly (readonly [string, Entry])[],
  added: readonly (Entry & { readonly name: string })[],
): ReadonlyMap<string, Entry> => {
  const table = new Map<string, Entry>(own);
  for (const plug of added) {
    if (table.has(plug.name)) throw new RangeError(`two features have a ${what} "${plug.name}"`);
    table.set(plug.name, plug);
  }
  return table;
};

/** The entry of a name. @throws RangeError where there is none: requests are checked for that by {@link requestsOf} */
export const catalogueEntry = <Entry>(table: ReadonlyMap<string, Entry>, name: string): Entry => {
  const entry = table.get(name);
  if (entry === undefined)
    throw new RangeError(`there is no "${name}"; known are ${[...table.keys()].join(", ")}`);
  return entry;
};

/** The schemas of requests that may name everything in a catalogue. */
export const requestsOf = ({ scorers, generators }: Catalogue) =>
  consensusRequests(scorerOf(schemasOf(scorers)), generatorOf(schemasOf(generators)));

const schemasOf = <Schema>(table: ReadonlyMap<string, { readonly schema: Schema }>): Record<string, Schema> =>
  Object.fromEntries(Array.from(table, ([name, { schema }]) => [name, schema] as const));
