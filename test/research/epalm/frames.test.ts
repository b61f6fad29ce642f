import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameIndices } from "../../../research/epalm/frames.ts";
import { createRandom } from "../../../src/math/random.ts";
import { readReference } from "../../support/epalm-reference.ts";

interface Reference {
  readonly deterministic: readonly {
    readonly num_frames: number;
    readonly video_frames: number;
    readonly sample: string;
    readonly indices: readonly number[];
  }[];
  readonly rand_intervals: readonly {
    readonly num_frames: number;
    readonly video_frames: number;
    readonly rand_interval_inclusive_exclusive: readonly (readonly [number, number])[];
  }[];
}

const { deterministic, rand_intervals: intervals } = readReference("frame_indices") as Reference;

describe("the frames of a video", () => {
  test.each(deterministic.filter(({ sample }) => sample === "middle"))(
    "are the authors' middles of $num_frames intervals of $video_frames frames",
    ({ num_frames: wanted, video_frames: available, indices }) => {
      expect(frameIndices(wanted, available)).toEqual(indices);
    },
  );

  test.each(intervals)(
    "are drawn from the authors' $num_frames intervals of $video_frames frames, each of their frames",
    ({ num_frames: wanted, video_frames: available, rand_interval_inclusive_exclusive: bounds }) => {
      const seen = bounds.map(() => new Set<number>());
      for (let seed = 0; seed < 2_000; seed++)
        frameIndices(wanted, available, createRandom(seed)).forEach((index, i) => seen[i]?.add(index));
      expect(seen.map((indices) => [Math.min(...indices), Math.max(...indices) + 1])).toEqual(bounds);
    },
  );

  test("are all of a shorter video, and its last one again", () => {
    expect(frameIndices(8, 5, createRandom(1))).toEqual([0, 1, 2, 3, 4, 4, 4, 4]);
  });

  test("are as many as are wanted, ascending and in the video", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 400 }), (wanted, available) => {
        for (const random of [undefined, createRandom(wanted)]) {
          const indices = frameIndices(wanted, available, random);
          expect(indices).toHaveLength(wanted);
          expect(indices).toEqual([...indices].sort((a, b) => a - b));
          expect(indices.every((index) => index >= 0 && index < available)).toBe(true);
        }
      }),
    );
  });
});
