import type { AnchorBody, CollectionClient } from "../../src/features/client.ts";
import type { Random } from "../../src/math/random.ts";
import { chainFaults } from "./chain.ts";
import { DIMENSION, rankAll } from "./model.ts";
import type { Ledger } from "./work.ts";

const NEIGHBOURS = 100;
/** What float32 may differ from float64 by. */
const TOLERANCE = 1e-5;

/** What is wrong with what a service holds and finds, held against what was acknowledged to all. */
export const checkService = async (
  collection: CollectionClient,
  ledger: Ledger,
  random: Random,
): Promise<string[]> => {
  const held = await readAll(collection);
  const { name, anchorCount, sequence } = await collection.get();
  const faults = [...ledger.model.compare(held)];
  if (anchorCount !== held.size) faults.push(`memory holds ${anchorCount} anchors, Postgres ${held.size}`);
  if (sequence < ledger.sequence)
    faults.push(`the sequence is ${sequence}, and ${ledger.sequence} was acknowledged`);
  for (const modality of ["image", "text"] as const)
    faults.push(...(await searchFaults(collection, modality, held, random)));
  const chain = [];
  for await (const receipt of collection.listReceipts({ pageSize: 1_000 })) chain.push(receipt);
  return [...faults, ...chainFaults(name, chain, ledger.receipts, ledger.erasedTo)];
};

const readAll = async (collection: CollectionClient): Promise<Map<string, AnchorBody>> => {
  const held = new Map<string, AnchorBody>();
  for await (const anchor of collection.listAnchors({ vectors: true, pageSize: 1_000 }))
    held.set(anchor.id, anchor as AnchorBody);
  return held;
};

/** Whether the index finds what a plain computation over the stored vectors finds. */
const searchFaults = async (
  collection: CollectionClient,
  modality: "image" | "text",
  held: ReadonlyMap<string, AnchorBody>,
  random: Random,
): Promise<string[]> => {
  const vector = Array.from({ length: DIMENSION }, () => Math.fround(random.next() - 0.5));
  const { hits } = await collection.search({
    query: { vector, modality },
    target: modality,
    limit: NEIGHBOURS,
    exact: true,
  });
  const ranked = rankAll(held, vector, modality === "image" ? "imageVector" : "textVector");
  const expected = ranked.slice(0, NEIGHBOURS);
  if (hits.length !== expected.length) return [`a search found ${hits.length} of ${expected.length}`];
  const scores = new Map(ranked.map(({ id, score }) => [id, score]));
  return hits.flatMap(({ id, score, text }, i) => {
    const [own, due] = [scores.get(id), expected[i]?.score ?? NaN];
    if (own === undefined) return [`a search found ${id}, which is not stored`];
    if (text !== held.get(id)?.text) return [`a search found "${text}" for ${id}`];
    // Its own score, and that of the rank: where two are as near, either may come first.
    return Math.abs(score - own) <= TOLERANCE && Math.abs(score - due) <= TOLERANCE
      ? []
      : [`hit ${i} is ${id} with ${score}, which has ${own}, where ${due} was expected`];
  });
};
