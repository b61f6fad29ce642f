import { expect, test } from "vitest";
import { scaleFeatures } from "../../../../research/epalm/audio/index.ts";
import { drawSound, SOUND_NAMES } from "../../../../research/epalm/study/sounds.ts";
import { createRandom } from "../../../../src/math/random.ts";

const DRAWS = 4;

test("sounds of one kind differ, and are told from others by their features", () => {
  const random = createRandom(8);
  const drawn = SOUND_NAMES.map((name) =>
    Array.from({ length: DRAWS }, () => {
      const sound = drawSound(name, random);
      expect(sound.every((value) => Math.abs(value) <= 1)).toBe(true);
      return Float32Array.from(scaleFeatures(sound).flatMap((features) => [...features]));
    }),
  );
  expect(drawn[0]?.[0]).not.toEqual(drawn[0]?.[1]);
  const distance = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0);
  let right = 0;
  drawn.forEach((sounds, kind) => {
    const [test, ...own] = sounds;
    if (test === undefined) return;
    const nearest = drawn.map((others, other) =>
      Math.min(...(other === kind ? own : others).map((sound) => distance(test, sound))),
    );
    if (nearest.indexOf(Math.min(...nearest)) === kind) right++;
  });
  expect(right).toBeGreaterThan(SOUND_NAMES.length / 2);
});
