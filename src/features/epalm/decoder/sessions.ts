import { openInference, type Inference } from "../../../onnx/index.ts";
import type { RunNetwork } from "../generate/index.ts";

/** Keeps a few networks open; each may be run at any time. */
interface Sessions {
  /** @param file writes the ONNX file, which is taken away again once it is read */
  readonly of: (key: string, file: () => Promise<WrittenFile>) => RunNetwork;
  /** Opens it now, so that what is wrong with it is known before it is run. */
  readonly ready: (key: string, file: () => Promise<WrittenFile>) => Promise<void>;
  /** Waits for what runs and frees all. */
  readonly close: () => Promise<void>;
}

export interface WrittenFile {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

interface Entry {
  readonly opening: Promise<Inference>;
  /** Runs that are under way. */
  users: number;
}

/**
 * @param most networks that are kept open while none runs; the one that was run longest ago goes first
 */
export const keepSessions = (most: number): Sessions => {
  /** The one that was run last comes last. */
  const entries = new Map<string, Entry>();

  const trim = (): void => {
    for (const [key, entry] of entries) {
      if (entries.size <= most) return;
      if (entry.users > 0) continue;
      entries.delete(key);
      void entry.opening.then(
        (network) => network.close(),
        () => undefined,
      );
    }
  };

  const use = async <T>(
    key: string,
    file: () => Promise<WrittenFile>,
    by: (network: Inference) => Promise<T>,
  ): Promise<T> => {
    const entry = entries.get(key) ?? { opening: openFrom(file), users: 0 };
    entries.delete(key);
    entries.set(key, entry);
    entry.users++;
    try {
      const network = await entry.opening.catch((error: unknown) => {
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      });
      return await by(network);
    } finally {
      entry.users--;
      trim();
    }
  };

  return {
    of: (key, file) => (feeds, outputs) => use(key, file, (network) => network.run(feeds, outputs)),
    ready: (key, file) => use(key, file, () => Promise.resolve()),
    close: async () => {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(all.map(async ({ opening }) => (await opening.catch(() => undefined))?.close()));
    },
  };
};

const openFrom = async (file: () => Promise<WrittenFile>): Promise<Inference> => {
  const { path, remove } = await file();
  try {
    return await openInference(path);
  } finally {
    await remove();
  }
};
