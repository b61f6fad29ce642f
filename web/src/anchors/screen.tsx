import { useEffect } from "preact/hooks";
import { counted } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, current } from "../service.ts";
import { Detail } from "./detail.tsx";
import { Facets } from "./facets.tsx";
import { Hits } from "./hits.tsx";
import { Listing } from "./listing.tsx";
import { SearchBar } from "./search-bar.tsx";
import { change, filterOf, keepChosenOf, lookedFor, shelf } from "./state.ts";
import { Tray } from "./tray.tsx";

/** Every anchor as a grid of pictures, by facets and by search, with one of them beside it. */
export const Anchors = () => {
  const collection = current.value;
  const name = collection?.name ?? "";
  const sequence = collection?.sequence ?? 0;
  const { text, like, where, open } = shelf.value;
  const searching = text !== "" || like !== "" || lookedFor.value !== null;
  const facets = useLoad(
    (signal) => {
      const filter = filterOf(where);
      return collectionClient(name).facets(
        { limit: 12, ...(filter === undefined ? {} : { filter }) },
        { signal },
      );
    },
    collection === null ? null : JSON.stringify([name, sequence, where]),
  );
  useEffect(() => keepChosenOf(name), [name]);
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  const total = facets.value?.anchors;
  return (
    <>
      <div class="title">
        <h1>Anchors</h1>
        <p class="muted">
          {total === undefined
            ? ""
            : where.length === 0
              ? counted(total, "anchor")
              : `${counted(total, "anchor")} of ${counted(collection.anchorCount, "anchor")}`}
          {where.length > 0 && (
            <>
              {" · "}
              <button type="button" class="link" onClick={() => change({ where: [] })}>
                show all
              </button>
            </>
          )}
        </p>
      </div>
      <SearchBar key={name} />
      <Tray collection={collection} />
      <div class={`browse${open === "" ? "" : " with-detail"}`}>
        <Facets name={name} sequence={sequence} />
        {searching ? (
          <Hits name={name} sequence={sequence} />
        ) : (
          <Listing key={JSON.stringify([name, where])} name={name} sequence={sequence} total={total} />
        )}
        {open !== "" && <Detail key={open} collection={collection} id={open} />}
      </div>
    </>
  );
};
