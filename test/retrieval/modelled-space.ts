import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { expect } from "vitest";
import {
  openAnchorSpace,
  type AnchorSpace,
  type AnchorView,
  type IndexProfile,
  type SpaceSearch,
} from "../../src/retrieval/index.ts";
import type { Modality, Sequence } from "../../src/types.ts";
import { idOf, randomAnchors, upsertsOf } from "../support/anchor-space.ts";
import { expectHits } from "../support/expect-hits.ts";
import { cosine, type NaiveAnchor } from "../support/naive-asif.ts";
import { createNaiveCollection, type NaiveCollection, type NaiveState } from "../support/naive-collection.ts";

const DIMENSIONS = { image: 12, text: 10 };
/** Ids there can be, each in several versions. */
export const IDS = 400;
const VERSIONS = 3;
const POOL = randomAnchors((IDS / 2) * VERSIONS + 50, 7, DIMENSIONS);
/** Two ids have each vector, so that ties are to be broken. */
const anchorOf = (i: number, version: number): NaiveAnchor => {
  const { image, text } = POOL[Math.floor((i + version * IDS) / 2)] ?? { image: [], text: [] };
  return { id: `anchor-${i}`, image, text };
};
/** Like the anchors, and none of them. */
const QUERIES = POOL.slice(-50);

/** A view that is held, and what it showed when it was taken. */
interface Held {
  readonly view: AnchorView;
  readonly state: NaiveState;
}

export interface World {
  readonly space: AnchorSpace;
  readonly held: Held[];
  readonly compactions: Promise<void>[];
  /** Of searches that the graph answered: what was to be found, and what was. */
  readonly graph: { wanted: number; found: number };
}

type Command = fc.AsyncCommand<NaiveCollection, World>;

export const openWorld = async (
  profile: IndexProfile,
  graph: World["graph"],
): Promise<{ readonly model: NaiveCollection; readonly real: World }> => ({
  model: createNaiveCollection(),
  real: {
    space: await openAnchorSpace({
      imageDimension: DIMENSIONS.image,
      textDimension: DIMENSIONS.text,
      transform: "none",
      profile,
    }),
    held: [],
    compactions: [],
    graph,
  },
});

const command = (label: string, run: Command["run"]): Command => ({
  check: () => true,
  run,
  toString: () => label,
});

const stateOf = (naive: NaiveCollection): NaiveState => naive.at(naive.sequence());

export const put = (first: number, count: number, version: number): Command =>
  command(`put ${count} from ${first} in version ${version}`, (naive, { space }) => {
    const anchors = Array.from({ length: count }, (_, i) => anchorOf((first + i) % IDS, version));
    naive.put(anchors.map((anchor) => ({ ...anchor, caption: `caption of ${anchor.id}`, metadata: {} })));
    const upserts = upsertsOf(anchors);
    space.apply({ sequence: naive.sequence() as Sequence, upserts, deletes: [] });
    return Promise.resolve();
  });

export const remove = (first: number, count: number): Command =>
  command(`delete ${count} from ${first}`, (naive, { space }) => {
    const ids = Array.from({ length: count }, (_, i) => `anchor-${(first + i) % IDS}`);
    naive.delete(ids);
    space.apply({ sequence: naive.sequence() as Sequence, upserts: [], deletes: ids.map(idOf) });
    return Promise.resolve();
  });

/** @param waiting whether it is waited for; else it goes on beside what follows */
export const compact = (waiting: boolean): Command =>
  command(waiting ? "compact" : "compact meanwhile", async (naive, { space, compactions }) => {
    const compaction = space.compact();
    compactions.push(compaction);
    if (!waiting) return;
    await compaction;
    expect(space.status("image")).toMatchObject({ vectors: stateOf(naive).size, tombstones: 0 });
  });

export const hold: Command = command("hold the view", (naive, { space, held }) => {
  held.push({ view: space.view(), state: stateOf(naive) });
  return Promise.resolve();
});

export interface Asked {
  readonly modality: Modality;
  readonly query: number;
  readonly transform: SpaceSearch["transform"];
  readonly k: number;
  readonly ef: number | null;
  /** One in so many anchors may be found. */
  readonly one: number;
  /** Which of the views that are held is asked; null: a new one. */
  readonly old: number | null;
}

const hitsOf = async (view: AnchorView, modality: Modality, query: Float32Array, search: SpaceSearch) => {
  const { neighbours, plan } = await view.search(modality, query, search);
  const hits = Array.from({ length: neighbours.counts[0] ?? 0 }, (_, i) => {
    const { id, caption, metadata } = view.entry(neighbours.slots[i] ?? -1);
    return { id, score: neighbours.scores[i] ?? NaN, text: caption, metadata };
  });
  return { hits, plan };
};

/** Asks the exact index, which must find what a plain loop does, and whichever the planner takes. */
export const search = (asked: Asked): Command =>
  command(`search ${fc.stringify(asked)}`, async (naive, { space, held }) => {
    const { modality, transform, k, ef, one, old } = asked;
    const present: Held = { view: space.view(), state: stateOf(naive) };
    const { view, state } = old === null ? present : (held[old % Math.max(1, held.length)] ?? present);
    expect(view.size).toBe(state.size);
    const query = QUERIES[asked.query]?.[modality] ?? [];
    const mayBeFound = (id: string): boolean => Number(id.slice("anchor-".length)) % one === 0;
    const allow = one === 1 ? {} : { allow: view.bitmap(({ id }) => mayBeFound(id)) };
    const eligible = [...state.values()].filter(({ id }) => mayBeFound(id));
    const vector = queryOf(modality, asked.query);
    const exact = await hitsOf(view, modality, vector, { k, transform, exact: true, ...allow });
    const score = transform === "none" ? { score: cosineTo(query, modality) } : {};
    const expected = { eligible, limit: k, within: 1e-5, tied: modality, ...score };
    expectHits(exact.hits, { ...expected, complete: true });
    const planned = await hitsOf(view, modality, vector, {
      k,
      transform,
      ...(ef === null ? {} : { ef }),
      ...allow,
    });
    if (planned.plan.transformVersion !== exact.plan.transformVersion) return;
    if (planned.plan.index === "exact") {
      expect(planned.hits).toEqual(exact.hits);
      return;
    }
    expect(eligible.length, "a filter is never left to the graph").toBe(state.size);
    expectHits(planned.hits, { ...expected, complete: false });
  });

/** Turns of the event loop in which a graph of so few anchors is built and measured, or never. */
const TURNS = 3_000;

/** Waits for the graph, and counts what it finds of the ten nearest. */
export const askGraph = (modality: Modality, transform: SpaceSearch["transform"]): Command =>
  command(`ask the graph of ${modality}s (${JSON.stringify(transform)})`, async (_, { space, graph }) => {
    const view = space.view();
    for (let turn = 0; turn < TURNS; turn++) {
      const { plan } = await hitsOf(view, modality, queryOf(modality, 0), { k: 10, transform });
      if (!/being built|not measured yet/.test(plan.reason)) break;
      await nextTurn();
    }
    for (let i = 0; i < QUERIES.length; i++) {
      const planned = await hitsOf(view, modality, queryOf(modality, i), { k: 10, transform });
      if (planned.plan.index === "exact") return;
      const exact = await hitsOf(view, modality, queryOf(modality, i), { k: 10, transform, exact: true });
      if (planned.plan.transformVersion !== exact.plan.transformVersion) continue;
      const last = exact.hits.at(-1)?.score ?? Infinity;
      graph.wanted += exact.hits.length;
      graph.found += planned.hits.filter((hit) => hit.score >= last - 1e-5).length;
    }
  });

const queryOf = (modality: Modality, i: number): Float32Array =>
  Float32Array.from(QUERIES[i]?.[modality] ?? []);

const cosineTo =
  (query: readonly number[], modality: Modality) =>
  (anchor: NaiveAnchor): number =>
    cosine(anchor[modality], query);
