import type { CollectionClient, ProjectionFile, ProjectionValues } from "../../../src/features/client.ts";
import type { Facet } from "../../../src/api/facets.ts";
import { NotFoundError } from "../../../src/client/index.ts";
import { useLoad, type Loaded } from "../load.ts";
import { collectionClient, latestJob } from "../service.ts";
import { jobKey } from "../ui/job.tsx";
import { measureInfluence } from "./influence.ts";
import type { ColourBy, MapView } from "./state.ts";

/** The map of a collection; null where none was computed. It is read again whenever a part of it is ready. */
export const useProjection = (
  name: string,
  sequence: number,
  { side, method }: Pick<MapView, "side" | "method">,
): Loaded<ProjectionFile | null> => {
  const job = latestJob("projection", name);
  return useLoad(
    async (signal) => {
      const query = { side, ...(method === "" ? {} : { method }) };
      try {
        return await collectionClient(name).getProjection(query, { signal });
      } catch (error) {
        if (error instanceof NotFoundError && error.problem.detail.startsWith("The map")) return null;
        throw error;
      }
    },
    JSON.stringify([name, sequence, side, method, jobKey("projection", name), job?.detail?.part]),
  );
};

/** A key of so many values has a colour for most anchors. */
const FEW_VALUES = 12;

/** Keys that points can be coloured by: those of few values first, the most telling of them at the front. */
export const rankKeys = (
  facets: readonly Pick<Facet, "key" | "distinct" | "anchors">[],
  anchors: number,
): readonly string[] => {
  const isFew = ({ distinct }: Pick<Facet, "distinct">): number => Number(distinct <= FEW_VALUES);
  return facets
    .filter(({ distinct }) => distinct > 1 && distinct < anchors)
    .sort((a, b) => isFew(b) - isFew(a) || b.anchors - a.anchors || isFew(a) * (b.distinct - a.distinct))
    .map(({ key }) => key);
};

export const useKeys = (name: string, sequence: number): Loaded<readonly string[]> =>
  useLoad(
    async (signal) => {
      const { facets, anchors } = await collectionClient(name).facets({ limit: 1 }, { signal });
      return rankKeys(facets, anchors);
    },
    JSON.stringify([name, sequence]),
  );

/** What is chosen where the address leaves it open: the first key, else nothing. */
export const resolveBy = (by: ColourBy, keys: readonly string[]): ColourBy => {
  if (by.kind !== "automatic") return by;
  const [key] = keys;
  return key === undefined ? { kind: "nothing" } : { kind: "key", key };
};

/** The value of every point that it is coloured by; null for one colour. */
export const useValues = (
  name: string,
  by: ColourBy,
  projection: ProjectionFile | null | undefined,
): Loaded<ProjectionValues | null> =>
  useLoad(
    (signal) => readValues(collectionClient(name), by, projection?.ids ?? [], signal),
    projection == null ? null : JSON.stringify([name, by, projection.sequence]),
  );

const readValues = async (
  collection: CollectionClient,
  by: ColourBy,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ProjectionValues | null> => {
  if (by.kind === "key") return collection.getProjectionValues({ key: by.key }, { signal });
  if (by.kind === "agreement") return collection.getProjectionValues({ of: "agreement" }, { signal });
  return by.kind === "influence" ? measureInfluence(collection, by.key, ids, signal) : null;
};
