import type { Pair } from "./types.ts";

/** Gives the second caption of an image the id `id#2`, the third `id#3`: captions of one image share its id and name. */
export const createNumbering = (): ((pair: Pair) => Pair) => {
  const uses = new Map<string, number>();
  return (pair) => {
    const image = JSON.stringify([pair.container, pair.name, pair.id]);
    const use = (uses.get(image) ?? 0) + 1;
    uses.set(image, use);
    return use === 1 ? pair : { ...pair, id: `${pair.id}#${use}` };
  };
};
