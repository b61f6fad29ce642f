import type { EncoderManifest } from "./manifest.ts";

/** A network that is ready to encode. */
export interface EncoderSession<T> {
  /**
   * Encodes all inputs with one pass of the network.
   *
   * @param cuts the encoders to use, among those that share the network
   * @returns for each cut `[n, d]` row-major, rows of norm 1
   * @throws AnchorageError `invalid-input`; its fault path is the lowest index of an invalid input
   */
  encode(inputs: readonly T[], cuts: readonly EncoderManifest[]): Promise<Float32Array[]>;
  /** Of a text encoder: the share of each text's words that its tokenizer does not know, 0 to 1. */
  readonly unknownShares?: (inputs: readonly T[]) => Promise<number[]>;
  close(): Promise<void>;
}

/** Open sessions by network folder. */
export interface Sessions<T> {
  /** Opens the session once. A failure is not cached, so that a repaired folder can be retried. */
  of(directory: string, open: () => Promise<EncoderSession<T>>): Promise<EncoderSession<T>>;
  /** Closes every session. The caller ensures that nothing runs or opens. */
  close(): Promise<void>;
}

/** Creates an empty set of sessions. */
export const createSessions = <T>(): Sessions<T> => {
  const sessions = new Map<string, Promise<EncoderSession<T>>>();
  return {
    of: (directory, open) => {
      const known = sessions.get(directory);
      if (known !== undefined) return known;
      const session = open();
      sessions.set(directory, session);
      session.catch(() => sessions.delete(directory));
      return session;
    },
    close: async () => {
      const open = await Promise.all(sessions.values());
      sessions.clear();
      await Promise.all(open.map((session) => session.close()));
    },
  };
};
