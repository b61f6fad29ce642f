import { createHash } from "node:crypto";
import { createRandom, type Random } from "../../random.ts";

/** A normal number with mean 0 and deviation 1 (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Numbers that are the same whenever the same things are asked about, in whatever order. */
export const randomOf = (...keys: readonly (string | number)[]): Random =>
  createRandom(createHash("sha256").update(keys.join("\u0000")).digest().readUInt32LE(0));
