import fc from "fast-check";
import { expect } from "vitest";
import type { Anchor } from "../../../src/api/anchors.ts";
import type { Filter } from "../../../src/api/filter.ts";
import type { AnchorId } from "../../../src/types.ts";
import { naiveHolds } from "../../support/naive-filter.ts";
import { anchorInput, type Sketch } from "./anchors.ts";
import { expectForgotten } from "./files.ts";
import type { Operation, Outcome } from "./operation.ts";
import { collectionsOf, NAME, upToDate, type Who, type World } from "./world.ts";
import { numbersOf } from "../../../src/store/float32.ts";

const captionFor = (world: World, { captioned }: Sketch): string | null =>
  captioned ? `caption number ${++world.captions}.` : null;

export const put = (sketches: readonly Sketch[], label = `put ${fc.stringify(sketches)}`): Operation => ({
  label,
  alone: false,
  run: async (world, who) => {
    const captions = sketches.map((sketch) => captionFor(world, sketch));
    const anchors = sketches.map((sketch, i) => anchorInput(sketch, captions[i] ?? null));
    const { sequence, upserted } = await collectionsOf(world, who).putAnchors(NAME, anchors);
    expect(upserted).toBe(sketches.length);
    return {
      sequence,
      write: () =>
        world.naive.put(
          sketches.map(({ id, metadata, image, text }, i) => ({
            id,
            caption: captions[i] ?? null,
            metadata,
            image: image.map(Math.fround),
            text: text.map(Math.fround),
          })),
        ),
    };
  },
});

/** Ways in which one anchor of a write can be wrong. */
export const WRONGS: Readonly<Record<string, (anchor: Anchor) => Partial<Anchor>>> = {
  "a vector without direction": ({ textVector = [] }) => ({ textVector: numbersOf(textVector).map(() => 0) }),
  "a vector that float32 makes 0": ({ imageVector = [] }) => ({
    imageVector: numbersOf(imageVector).map(() => 1e-60),
  }),
  "a vector beyond float32": ({ imageVector = [] }) => ({
    imageVector: numbersOf(imageVector).map(() => 1e39),
  }),
  "another dimension": ({ textVector = [] }) => ({ textVector: [...numbersOf(textVector), 1] }),
  "a blank caption": () => ({ text: "  " }),
};

export const putWrong = (sketches: readonly Sketch[], at: number, wrong: string): Operation => ({
  label: `put ${sketches.length} anchors, of which one has ${wrong}`,
  alone: false,
  run: async (world, who) => {
    const anchors = sketches.map((sketch) => anchorInput(sketch, "never kept"));
    const spoilt = anchors.map((anchor, i) =>
      i === at % anchors.length ? { ...anchor, ...WRONGS[wrong]?.(anchor) } : anchor,
    );
    await expect(collectionsOf(world, who).putAnchors(NAME, spoilt)).rejects.toMatchObject({
      code: "invalid-input",
    });
    return { sequence: null };
  },
});

/** Judges a deletion of `ids`, which must have found those of them that there were. */
const deleting = async (
  world: World,
  who: Who,
  which: { readonly ids: readonly AnchorId[] } | { readonly filter: Filter },
  ids: () => readonly string[],
): Promise<Outcome> => {
  const { sequence, deleted, receipt } = await collectionsOf(world, who).deleteAnchors(NAME, which);
  expect(receipt).toMatchObject({ state: "hidden", sequence, count: deleted });
  expect(receipt.id === null, "a receipt for every deletion that found something").toBe(deleted === 0);
  if (deleted === 0)
    return { sequence, judge: (state) => expect(ids().filter((id) => state.has(id))).toEqual([]) };
  return { sequence, write: () => expect(deleted).toBe(world.naive.delete(ids())) };
};

export const deleteIds = (ids: readonly string[]): Operation => ({
  label: `delete ${fc.stringify(ids)}`,
  alone: false,
  run: (world, who) => deleting(world, who, { ids: ids as AnchorId[] }, () => [...new Set(ids)]),
});

export const deleteWhere = (filter: Filter): Operation => ({
  label: `delete where ${fc.stringify(filter)}`,
  // Which anchors match is for memory to say, as of some moment before the write.
  alone: true,
  run: async (world, who) => {
    await collectionsOf(world, who).get(NAME, upToDate(world, who));
    const state = world.naive.at(world.naive.sequence());
    const ids = [...state.values()]
      .filter(({ metadata }) => naiveHolds(filter, metadata))
      .map(({ id }) => id);
    return deleting(world, who, { filter }, () => ids);
  },
});

export const compact = (tables: "vacuum" | "rewrite"): Operation => ({
  label: `compact (${tables})`,
  alone: false,
  run: async (world, who, alone) => {
    const side = world.sides[who];
    if (alone) await collectionsOf(world, who).get(NAME, upToDate(world, who));
    const { sequence, erased, generation } = await collectionsOf(world, who).compact(NAME, tables);
    const { indexes } = await collectionsOf(world, who).get(NAME);
    return {
      sequence,
      judge: (state) => {
        const gone = world.naive
          .deletions()
          .filter((deletion) => deletion.sequence > side.erased && deletion.sequence <= sequence);
        const count = tables === "vacuum" ? 0 : gone.reduce((sum, deletion) => sum + deletion.count, 0);
        if (count > 0) side.generation++;
        if (count > 0) side.erased = sequence;
        expect({ erased, generation }).toEqual({ erased: count, generation: side.generation });
        if (!alone) return;
        for (const modality of ["image", "text"] as const)
          expect(indexes[modality]).toMatchObject({ vectors: state.size, tombstones: 0 });
      },
      after: () => expectForgotten(world, side, sequence),
    };
  },
});
