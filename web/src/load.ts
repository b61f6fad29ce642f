import { useEffect, useState } from "preact/hooks";
import { epoch } from "./service.ts";

/** What is known of something that is read from the service. */
export interface Loaded<T> {
  /** The last answer, kept while the next is read; undefined before the first. */
  readonly value: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

/**
 * Reads something from the service, again whenever `key` changes or the service came back. An answer that a later
 * request has overtaken is dropped, and its request aborted.
 */
export const useLoad = <T>(read: (signal: AbortSignal) => Promise<T>, key: string | null): Loaded<T> => {
  const [state, setState] = useState<Loaded<T>>({ value: undefined, error: null, loading: key !== null });
  const now = epoch.value;
  useEffect(() => {
    if (key === null) return;
    const aborting = new AbortController();
    const { signal } = aborting;
    setState(({ value }) => ({ value, error: null, loading: true }));
    read(signal).then(
      (value) => {
        if (!signal.aborted) setState({ value, error: null, loading: false });
      },
      (error: unknown) => {
        if (!signal.aborted) setState(({ value }) => ({ value, error, loading: false }));
      },
    );
    return () => aborting.abort();
  }, [key, now]);
  return state;
};
