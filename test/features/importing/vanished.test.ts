import { describe, expect, it } from "vitest";
import { faultOfPruning, findVanished, prune } from "../../../src/features/importing/vanished.ts";

const STORED: Readonly<Record<string, readonly string[]>> = { "/a": ["1", "2", "3"], "/b": ["4"] };

const collection = {
  idsOfSource: async function* (container: string) {
    yield* await Promise.resolve(STORED[container] ?? []);
  },
};

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
const READ = { empty: [], unread: 0 };

describe("anchors that are not in their source any more", () => {
  it("are those from the same containers that the import has not met", async () => {
    expect(await findVanished(collection, ["/a"], new Set(["1", "3"]))).toEqual({ ids: ["2"], of: 3 });
    expect(await findVanished(collection, ["/a", "/b"], new Set(["1", "2"]))).toEqual({
      ids: ["3", "4"],
      of: 4,
    });
  });

  it("may be deleted up to the limit", () => {
    expect(faultOfPruning({ ids: idsOf(5), of: 100 }, READ, 5)).toBeNull();
    expect(faultOfPruning({ ids: idsOf(6), of: 100 }, READ, 5)).toBe(
      "6 of 100 anchors (6 %) would go, and the limit is 5 %; --prune-limit sets another",
    );
    expect(faultOfPruning({ ids: idsOf(6), of: 100 }, READ, 6)).toBeNull();
  });

  it("must not be deleted where a source is empty or was not read whole", () => {
    const one = { ids: idsOf(1), of: 100 };
    expect(faultOfPruning(one, { empty: ["/mnt/photos"], unread: 0 }, 100)).toMatch(
      /^\/mnt\/photos holds no pair/,
    );
    expect(faultOfPruning(one, { empty: [], unread: 2 }, 100)).toMatch(/^2 of the entries could not be read/);
  });

  it("are deleted in parts", async () => {
    const parts: number[] = [];
    const deleted = await prune(
      {
        deleteAnchors: (which) => {
          const count = "ids" in which ? which.ids.length : 0;
          parts.push(count);
          return Promise.resolve({
            sequence: 1,
            deleted: count,
            receipt: {
              id: "r",
              state: "hidden",
              sequence: 1,
              deletedAt: new Date(0).toISOString(),
              count,
              hash: null,
            },
          });
        },
      },
      { ids: idsOf(2_500), of: 100_000 },
    );
    expect([deleted, parts]).toEqual([2_500, [1_000, 1_000, 500]]);
  });
});
