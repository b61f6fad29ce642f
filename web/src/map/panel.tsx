import { useMemo } from "preact/hooks";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { ProjectionPlaceBody } from "../../../src/features/client.ts";
import { Grid } from "../anchors/grid.tsx";
import { chosen, shelfAddress } from "../anchors/state.ts";
import { Tray } from "../anchors/tray.tsx";
import { useLoad } from "../load.ts";
import { collectionClient } from "../service.ts";
import { Picture } from "../ui/picture.tsx";

/** Chosen anchors whose captions are read; the others show their ids. */
const CAPTIONED = 24;

interface Props {
  readonly collection: CollectionBody;
  readonly place: ProjectionPlaceBody | undefined;
}

/** Beside the map: what is nearest to a query, and the anchors that are chosen with what can be done with them. */
export const MapPanel = ({ collection, place }: Props) => {
  const { name, sequence } = collection;
  const ids = useMemo(() => [...chosen.value], [chosen.value]);
  const captions = useLoad(
    async (signal) => {
      const first = ids.slice(0, CAPTIONED);
      const read = await Promise.allSettled(
        first.map((id) => collectionClient(name).getAnchor(id, { signal })),
      );
      return new Map(read.flatMap((one) => (one.status === "fulfilled" ? [[one.value.id, one.value]] : [])));
    },
    ids.length === 0 ? null : JSON.stringify([name, sequence, ids.slice(0, CAPTIONED)]),
  );
  const items = useMemo(
    () =>
      ids.map((id) => {
        const known = captions.value?.get(id);
        return known === undefined ? { id, text: null } : { id, text: known.text, hasImage: known.hasImage };
      }),
    [ids, captions.value],
  );
  return (
    <aside class="map-panel" aria-label="Chosen and nearest anchors">
      <Tray collection={collection} />
      {place !== undefined && <Nearest name={name} place={place} />}
      {ids.length > 0 ? (
        <Grid name={name} items={items} />
      ) : (
        <p class="small muted">
          Nothing is chosen. Click a point, or draw around some with the lasso or the box; shift adds to those
          that are chosen.
        </p>
      )}
    </aside>
  );
};

const Nearest = ({ name, place }: { readonly name: string; readonly place: ProjectionPlaceBody }) => {
  const ids = place.neighbours.map(({ id }) => id);
  return (
    <section>
      <h2>
        Nearest{" "}
        {ids.length > 0 && (
          <button type="button" class="link" onClick={() => (chosen.value = new Set(ids))}>
            choose them
          </button>
        )}
      </h2>
      {ids.length === 0 && <p class="small muted">No anchor is near this, so that it has no place here.</p>}
      <div class="strip small-strip" data-grid>
        {place.neighbours.map(({ id, text, score }) => (
          <a key={id} class="anchor" data-item title={text ?? id} href={shelfAddress(name, { open: id })}>
            <Picture collection={name} id={id} caption={text} captioned />
            <span class="cap">{text ?? id}</span>
            <span class="contrib">{score.toFixed(3)}</span>
          </a>
        ))}
      </div>
    </section>
  );
};
