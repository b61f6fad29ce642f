import { createRandom, normal } from "../../../src/math/random.ts";

/** A pair of vectors around the directions of its class. */
interface ClassVectors {
  readonly label: number;
  readonly image: number[];
  readonly text: number[];
}

/** `ofEach` pairs around one direction for each class, with noise; images and texts share the directions. */
export const vectorsOfClasses = (classes: number, ofEach: number, dimension: number): ClassVectors[] => {
  const random = createRandom(7);
  const draw = (): number[] => Array.from({ length: dimension }, () => normal(random));
  const noisy = (centre: readonly number[]): number[] => centre.map((value) => value + 0.3 * normal(random));
  return Array.from({ length: classes }, draw).flatMap((centre, label) =>
    Array.from({ length: ofEach }, () => ({ label, image: noisy(centre), text: noisy(centre) })),
  );
};
