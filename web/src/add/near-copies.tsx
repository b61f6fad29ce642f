import { useEffect, useRef, useState } from "preact/hooks";
import { counted } from "../format.ts";
import { formatRoute } from "../route.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";
import { Problem } from "../ui/problem.tsx";
import { findNearCopies, MOST_LOOKED_AT, type NearCopy } from "./near-copies.ts";
import type { Pair } from "./plan.ts";

interface Props {
  readonly name: string;
  readonly pairs: readonly Pair[];
  /** Leaves pictures out of what is added. */
  readonly onLeaveOut: (ids: readonly string[]) => void;
}

/** Looks for pictures that are stored already under another id, before anything is sent. */
export const NearCopies = ({ name, pairs, onLeaveOut }: Props) => {
  const [looked, setLooked] = useState<number | null>(null);
  const [found, setFound] = useState<readonly NearCopy[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const aborting = useRef<AbortController | null>(null);
  useEffect(() => () => aborting.current?.abort(), []);
  const total = Math.min(pairs.length, MOST_LOOKED_AT);
  const look = async (): Promise<void> => {
    const controller = new AbortController();
    aborting.current = controller;
    setLooked(0);
    setError(null);
    try {
      setFound(await findNearCopies(collectionClient(name), pairs, controller.signal, setLooked));
    } catch (failed) {
      if (!controller.signal.aborted) setError(failed);
    }
    setLooked(null);
  };
  if (looked !== null)
    return (
      <p class="running" role="status">
        <progress value={looked} max={total} aria-label="Pictures compared" /> Comparing {looked} of {total}{" "}
        with what is there{" "}
        <button key="stop" type="button" class="plain" onClick={() => aborting.current?.abort()}>
          Stop
        </button>
      </p>
    );
  return (
    <>
      <Problem error={error} />
      {found === null && (
        <p>
          <button key="look" type="button" class="plain" onClick={() => void look()}>
            Look for near copies of what is there
          </button>
          {pairs.length > MOST_LOOKED_AT && (
            <span class="small muted"> among the first {MOST_LOOKED_AT} pictures</span>
          )}
        </p>
      )}
      {found?.length === 0 && <p class="muted">No picture is nearly the same as one that is stored.</p>}
      {found !== null && found.length > 0 && (
        <>
          <p>
            {counted(found.length, "picture")} nearly the same as one that is stored; a pair that is stored
            twice counts twice in every answer.{" "}
            <button
              type="button"
              class="link"
              onClick={() => {
                onLeaveOut(found.map(({ id }) => id));
                setFound([]);
              }}
            >
              Leave them out
            </button>
          </p>
          <ul class="copies small">
            {found.map(({ id, of, caption, score }) => (
              <li key={id}>
                <span class="query">
                  <Picture collection={name} id={of} caption={caption} captioned />
                </span>
                <code>{id}</code> is near{" "}
                <a href={formatRoute("anchors", { c: name, open: of })}>{caption ?? of}</a> (
                {score.toFixed(3)})
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
};
