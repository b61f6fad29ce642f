import type { SearchRequestBody } from "../../../src/api/queries.ts";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Problem } from "../ui/problem.tsx";
import { Grid } from "./grid.tsx";
import { filterOf, lookedFor, shelf } from "./state.ts";

const LIMIT = 300;

/** What was found, the nearest first. */
export const Hits = ({ name, sequence }: { readonly name: string; readonly sequence: number }) => {
  const { text, kind, like, where } = shelf.value;
  const image = lookedFor.value;
  const filter = filterOf(where);
  const query: SearchRequestBody["query"] =
    image !== null
      ? { image: { base64: image.base64 } }
      : like !== ""
        ? { anchor: like, modality: "image" }
        : kind === "words"
          ? { keywords: text }
          : { text };
  const { value, error } = useLoad(
    (signal) =>
      collectionClient(name).search(
        { query, target: "image", limit: LIMIT, ...(filter === undefined ? {} : { filter }) },
        { signal },
      ),
    JSON.stringify([name, sequence, text, kind, like, where, image?.address]),
  );
  if (error !== null) return <Problem error={error} />;
  if (value === undefined) return <p class="muted">Searching…</p>;
  if (value.hits.length === 0)
    return (
      <section class="card empty">
        <h1>Nothing found</h1>
        <p class="muted">
          {kind === "words"
            ? "No caption has all of these words. Search by meaning finds what is merely alike."
            : "No anchor is left by the conditions on the left."}
        </p>
      </section>
    );
  return <Grid name={name} items={value.hits} />;
};
