/** One encoder, ready to run. */
export interface EncoderSession<T> {
  /**
   * @returns `[n, d]` row-major, rows of norm 1
   * @throws AnchorageError `invalid-input` whose fault path is the lowest index of an input that is wrong
   */
  encode(inputs: readonly T[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Sessions by the encoder's id. */
export interface Sessions<T> {
  /** Opens the session once; a failure is forgotten, so that a mended folder can be tried again. */
  of(id: string, open: () => Promise<EncoderSession<T>>): Promise<EncoderSession<T>>;
  /** Frees every session. Nothing may run or open any more. */
  close(): Promise<void>;
}

export const createSessions = <T>(): Sessions<T> => {
  const sessions = new Map<string, Promise<EncoderSession<T>>>();
  return {
    of: (id, open) => {
      const known = sessions.get(id);
      if (known !== undefined) return known;
      const session = open();
      sessions.set(id, session);
      session.catch(() => sessions.delete(id));
      return session;
    },
    close: async () => {
      const open = await Promise.all(sessions.values());
      sessions.clear();
      await Promise.all(open.map((session) => session.close()));
    },
  };
};
