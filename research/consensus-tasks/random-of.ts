import { createHash } from "node:crypto";
import { createRandom, type Random } from "../../src/math/random.ts";

/** Numbers that are the same whenever the same things are asked about, in whatever order. */
export const randomOf = (...keys: readonly (string | number)[]): Random =>
  createRandom(createHash("sha256").update(keys.join("\u0000")).digest().readUInt32LE(0));
