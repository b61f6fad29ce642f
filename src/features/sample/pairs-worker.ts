import type { WorkerContext } from "../../worker.ts";
import { readPairs, type EmojiPair } from "./pairs.ts";

export interface PairsCalls {
  readonly read: (from: {
    readonly vendors: readonly string[];
    readonly dataDir: string | null;
  }) => Promise<EmojiPair[]>;
}

export const open = (_: unknown, { move }: WorkerContext): PairsCalls => ({
  read: async ({ vendors, dataDir }) => {
    const pairs = await readPairs(vendors, dataDir);
    return move(
      pairs,
      pairs.map(({ image }) => image.buffer),
    );
  },
});
