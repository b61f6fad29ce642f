import fc from "fast-check";
import { expect } from "vitest";
import type { StoredAnchor } from "../../../src/api/anchors.ts";
import type { Filter } from "../../../src/api/filter.ts";
import type { ReceiptDetail } from "../../../src/api/receipts.ts";
import type { AnchorId } from "../../../src/types.ts";
import { naiveHolds } from "../../support/naive-filter.ts";
import { inIdOrder, type NaiveRecord } from "../../support/naive-collection.ts";
import type { Operation } from "./operation.ts";
import { collectionsOf, NAME, upToDate } from "./world.ts";

const detailOf = ({ id, caption, metadata, sequence, image, text }: NaiveRecord, vectors: boolean) => ({
  id,
  text: caption,
  metadata,
  hasImage: false,
  sequence,
  ...(vectors ? { imageVector: image, textVector: text } : {}),
});

export const getAnchor = (id: string): Operation => ({
  label: `get ${fc.stringify(id)}`,
  // The answer does not say of which sequence it is.
  alone: true,
  run: async (world, who) => {
    const anchor = world.naive.at(world.naive.sequence()).get(id);
    const found = collectionsOf(world, who).getAnchor(NAME, id as AnchorId, { vectors: true });
    if (anchor === undefined) await expect(found).rejects.toMatchObject({ code: "not-found" });
    else expect(await found).toEqual(detailOf(anchor, true));
    return { sequence: null };
  },
});

export const list = (limit: number, vectors: boolean, filter: Filter | null): Operation => ({
  label: `list by ${limit}${filter === null ? "" : ` where ${fc.stringify(filter)}`}`,
  alone: true,
  run: async (world, who) => {
    const all = inIdOrder(world.naive.at(world.naive.sequence()));
    const expected = filter === null ? all : all.filter(({ metadata }) => naiveHolds(filter, metadata));
    const listed: StoredAnchor[] = [];
    let cursor: string | null = null;
    do {
      const page = await collectionsOf(world, who).listAnchors(NAME, {
        limit,
        vectors,
        ...upToDate(world, who),
        ...(filter === null ? {} : { filter }),
        ...(cursor === null ? {} : { cursor }),
      });
      listed.push(...page.anchors);
      cursor = page.nextCursor;
      expect(page.anchors.length).toBe(cursor === null ? page.anchors.length : limit);
    } while (cursor !== null);
    expect(listed).toEqual(expected.map((anchor) => detailOf(anchor, vectors)));
    return { sequence: null };
  },
});

export const info: Operation = {
  label: "describe",
  alone: false,
  run: async (world, who) => {
    const { anchorCount, sequence, indexes } = await collectionsOf(world, who).get(
      NAME,
      upToDate(world, who),
    );
    return {
      sequence,
      judge: (state) => {
        expect(anchorCount).toBe(state.size);
        expect([indexes.image.vectors, indexes.text.vectors]).toEqual([state.size, state.size]);
      },
    };
  },
};

/** The chain of receipts: one for each deletion, each naming the hash of the one before. */
export const receipts = (limit: number): Operation => ({
  label: `receipts by ${limit}`,
  alone: true,
  run: async (world, who) => {
    const collections = collectionsOf(world, who);
    const chain: ReceiptDetail[] = [];
    let cursor: string | null = null;
    do {
      const page = await collections.listReceipts(NAME, { limit, ...(cursor === null ? {} : { cursor }) });
      chain.push(...page.receipts);
      cursor = page.nextCursor;
    } while (cursor !== null);
    chain.forEach(({ position, previousHash }, i) => {
      expect(position).toBe(i + 1);
      if (i > 0) expect(previousHash).toBe(chain[i - 1]?.hash);
    });
    const { erased } = world.sides[who];
    const deletions = chain.filter((receipt) => receipt.kind === "deletion");
    expect(deletions.map(({ sequence, count, state }) => ({ sequence, count, state }))).toEqual(
      world.naive
        .deletions()
        .map((deletion) => ({ ...deletion, state: deletion.sequence <= erased ? "erased" : "hidden" })),
    );
    const erasures = world.sides.reduce((sum, side) => sum + side.generation, 0);
    expect(chain).toHaveLength(deletions.length + erasures);
    const last = deletions.at(-1);
    if (last !== undefined)
      expect((await collections.getReceipt(NAME, last.id)).kind === "deletion" && last.count).toBe(
        last.count,
      );
    return { sequence: null };
  },
});
