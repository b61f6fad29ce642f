import type { EncoderManifest } from "./manifest.ts";

/** One network, ready to run. */
export interface EncoderSession<T> {
  /**
   * @param cuts the encoders to encode by, of those that share the network; it runs once for all of them
   * @returns of each `[n, d]` row-major, rows of norm 1
   * @throws AnchorageError `invalid-input` whose fault path is the lowest index of an input that is wrong
   */
  encode(inputs: readonly T[], cuts: readonly EncoderManifest[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Sessions by the network's folder. */
export interface Sessions<T> {
  /** Opens the session once; a failure is forgotten, so that a mended folder can be tried again. */
  of(directory: string, open: () => Promise<EncoderSession<T>>): Promise<EncoderSession<T>>;
  /** Frees every session. Nothing may run or open any more. */
  close(): Promise<void>;
}

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
