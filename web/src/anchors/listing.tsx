import { useEffect, useRef, useState } from "preact/hooks";
import type { StoredAnchorBody } from "../../../src/api/anchors.ts";
import { formatRoute } from "../route.ts";
import { collectionClient, epoch } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { Grid } from "./grid.tsx";
import { filterOf, shelf } from "./state.ts";

const PAGE = 500;

interface Props {
  readonly name: string;
  /** Of the collection: after a write the anchors are read again. */
  readonly sequence: number;
  readonly total: number | undefined;
}

/** All anchors that the conditions hold for, in order of id, read as they are scrolled to. */
export const Listing = ({ name, sequence, total }: Props) => {
  const [items, setItems] = useState<readonly StoredAnchorBody[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const source = useRef<AsyncGenerator<StoredAnchorBody, void> | null>(null);
  const reading = useRef(false);

  const read = async (from: AsyncGenerator<StoredAnchorBody, void>, atLeast: number): Promise<void> => {
    if (reading.current) return;
    reading.current = true;
    try {
      const page: StoredAnchorBody[] = [];
      while (page.length < atLeast) {
        const next = await from.next();
        if (next.done === true) break;
        page.push(next.value);
      }
      if (source.current === from) setItems((known) => [...(known ?? []), ...page]);
    } catch (failed) {
      if (source.current === from) setError(failed);
    } finally {
      reading.current = false;
    }
  };

  const now = epoch.value;
  useEffect(() => {
    const filter = filterOf(shelf.value.where);
    const listed = collectionClient(name).listAnchors({
      pageSize: PAGE,
      ...(filter === undefined ? {} : { filter }),
    });
    source.current = listed;
    setError(null);
    // What is shown stays until the first page is there.
    let first: StoredAnchorBody[] = [];
    reading.current = true;
    void (async () => {
      try {
        while (first.length < PAGE) {
          const next = await listed.next();
          if (next.done === true) break;
          first = [...first, next.value];
        }
        if (source.current === listed) setItems(first);
      } catch (failed) {
        if (source.current === listed) setError(failed);
      } finally {
        reading.current = false;
      }
    })();
    return () => {
      source.current = null;
      reading.current = false;
    };
  }, [name, sequence, now]);

  if (error !== null && items === null) return <Problem error={error} />;
  if (items === null) return <p class="muted">Reading the anchors…</p>;
  if (items.length === 0) return <Empty filtered={total === 0 && shelf.value.where.length > 0} name={name} />;
  return (
    <div>
      <Problem error={error} />
      <Grid
        name={name}
        items={items}
        onEnd={() => {
          const from = source.current;
          if (from !== null && items.length < (total ?? Infinity)) void read(from, PAGE);
        }}
      />
    </div>
  );
};

const Empty = ({ filtered, name }: { readonly filtered: boolean; readonly name: string }) => (
  <section class="card empty">
    <h1>{filtered ? "No anchor has all of these values" : "There is no anchor yet"}</h1>
    <p class="muted">
      {filtered
        ? "Take a condition on the left back."
        : "Add pictures with captions, and the next answer is made of them."}
    </p>
    {!filtered && (
      <a class="button" href={formatRoute("add", { c: name })}>
        Add pictures
      </a>
    )}
  </section>
);
