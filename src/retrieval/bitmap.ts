/** Counts the bytes of a bitmap that are 1. */
export const countOnes = (bitmap: Uint8Array): number => {
  let sum = 0;
  for (const bit of bitmap) sum += bit;
  return sum;
};
