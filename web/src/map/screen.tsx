import { useEffect, useMemo, useState } from "preact/hooks";
import { imageOf } from "../../../src/client/index.ts";
import type { CollectionBody } from "../../../src/api/collections.ts";
import type { ProjectionFile } from "../../../src/features/client.ts";
import { chosen, keepChosenOf } from "../anchors/state.ts";
import { count, counted } from "../format.ts";
import { useLoad } from "../load.ts";
import { collectionClient, current, latestJob } from "../service.ts";
import { readImage, useGivenFiles } from "../ui/drop.ts";
import { JobStart } from "../ui/job.tsx";
import { Problem } from "../ui/problem.tsx";
import { MapCanvas } from "./canvas.tsx";
import { colourByNumbers, colourByValues, plainColouring } from "./colours.ts";
import { resolveBy, useKeys, useProjection, useValues } from "./data.ts";
import { Legend } from "./legend.tsx";
import "./map.css";
import { marksOf } from "./marks.ts";
import { MapPanel } from "./panel.tsx";
import { changeMap, mapView, placedImage } from "./state.ts";
import { MapTable } from "./table.tsx";
import { MapToolbar } from "./toolbar.tsx";

/** All anchors in two dimensions: coloured, picked, and chosen by lasso. */
export const MapScreen = () => {
  const collection = current.value;
  const name = collection?.name ?? "";
  useEffect(() => keepChosenOf(name), [name]);
  if (collection === null) return <p class="muted">There is no collection yet.</p>;
  return <MapOf key={name} collection={collection} />;
};

const MapOf = ({ collection }: { readonly collection: CollectionBody }) => {
  const { name, sequence, anchorCount } = collection;
  const { value, error } = useProjection(name, sequence, mapView.value);
  return (
    <>
      <div class="title">
        <h1>Map</h1>
        <p class="muted">
          {value == null ? counted(anchorCount, "anchor") : <Facts name={name} projection={value} />}
        </p>
      </div>
      <Problem error={error} />
      {value === undefined && error === null && <p class="muted">Reading the map…</p>}
      {value === null && <NoMap name={name} anchors={anchorCount} />}
      {value != null && <Shown collection={collection} projection={value} />}
    </>
  );
};

const compute = (name: string) => () => collectionClient(name).computeProjection();

/** What the map was made of, with a way to make it anew where anchors came since. */
const Facts = ({ name, projection }: { readonly name: string; readonly projection: ProjectionFile }) => {
  const { ids, fitted, later, method, computedAt } = projection;
  const running = latestJob("projection", name)?.state === "running";
  return (
    <>
      {counted(ids.length, "anchor")}
      {fitted + later < ids.length && ` · fitted on ${count(fitted)}, the others placed among them`}
      {later > 0 && ` · ${count(later)} came later and ${later === 1 ? "is" : "are"} placed among the others`}
      {running && method === "pca" && " · by PCA until UMAP is ready"} · computed at sequence{" "}
      {count(computedAt)}{" "}
      <JobStart plain kind="projection" subject={name} start={compute(name)}>
        Compute anew
      </JobStart>
    </>
  );
};

const NoMap = ({ name, anchors }: { readonly name: string; readonly anchors: number }) => (
  <section class="card empty">
    <h1>{anchors === 0 ? "There is no anchor yet" : "There is no map of these anchors yet"}</h1>
    <p class="muted">
      {anchors === 0
        ? "Add pictures with captions; then a map shows which of them are alike."
        : "It puts anchors that are alike next to each other: by PCA in seconds, then by UMAP."}
    </p>
    {anchors > 0 && (
      <JobStart kind="projection" subject={name} start={compute(name)}>
        Compute the map
      </JobStart>
    )}
  </section>
);

interface ShownProps {
  readonly collection: CollectionBody;
  readonly projection: ProjectionFile;
}

const Shown = ({ collection, projection }: ShownProps) => {
  const { name, sequence } = collection;
  const { by: wanted, hidden, table, text, like } = mapView.value;
  const keys = useKeys(name, sequence).value ?? [];
  const by = resolveBy(wanted, keys);
  const values = useValues(name, by, projection);
  const [missing, setMissing] = useState(false);
  const [fileError, setFileError] = useState<unknown>(null);
  const { ids } = projection;
  // While the next values are read the points keep the colours that they have, if they are the same points.
  const read = by.kind === "nothing" ? null : (values.value ?? null);
  const fits = read?.codes?.length === ids.length || read?.numbers?.length === ids.length;
  const colouring = useMemo(() => {
    if (read === null || !fits) return plainColouring(ids.length);
    return by.kind === "key"
      ? colourByValues(read)
      : colourByNumbers(read.numbers ?? new Float32Array(ids.length));
  }, [read, fits, by.kind, ids]);
  const rows = useMemo(() => new Map(ids.map((id, row) => [id, row])), [ids]);
  const marks = useMemo(
    () => marksOf(colouring, hidden, rows, chosen.value),
    [colouring, hidden.join("\n"), rows, chosen.value],
  );
  const image = placedImage.value;
  const asked = image === null ? (like === "" ? text : like) : image.address;
  const place = useLoad(
    (signal) =>
      collectionClient(name).placeOnProjection(
        {
          query:
            image !== null
              ? { image: { base64: image.base64 } }
              : like !== ""
                ? { anchor: like, modality: projection.side }
                : { text },
          side: projection.side,
          method: projection.method,
        },
        { signal },
      ),
    asked === ""
      ? null
      : JSON.stringify([name, asked, projection.side, projection.method, projection.sequence]),
  );
  useGivenFiles(async (files) => {
    const file = files?.[0];
    if (file === undefined) return;
    try {
      placedImage.value = await readImage(file, imageOf);
      changeMap({ text: "", like: "" });
      setFileError(null);
    } catch (failed) {
      setFileError(failed);
    }
  });
  return (
    <>
      <MapToolbar projection={projection} by={by} keys={keys} />
      <Problem error={values.error ?? fileError ?? (asked === "" ? null : place.error)} />
      {values.loading && by.kind === "influence" && (
        <p class="small muted">Asking stored pictures, with and without each anchor…</p>
      )}
      <Legend colouring={colouring} />
      {missing && !table && (
        <p class="note" role="status">
          This browser has no WebGL2, so that the points cannot be drawn. The table says the same in numbers.
        </p>
      )}
      <div class="map">
        {table || missing ? (
          <MapTable name={name} projection={projection} by={by} colouring={colouring} values={read} />
        ) : (
          <MapCanvas
            name={name}
            projection={projection}
            colouring={colouring}
            marks={marks}
            query={asked === "" ? undefined : place.value}
            onMissing={() => setMissing(true)}
          />
        )}
        <MapPanel collection={collection} place={asked === "" ? undefined : place.value} />
      </div>
    </>
  );
};
