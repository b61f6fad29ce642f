import type { JobBody } from "../../api/service.ts";
import type { CallOptions, Transport } from "../../client/transport.ts";
import type {
  ProjectionPlaceBody,
  ProjectionPlaceRequestBody,
  ProjectionQueryBody,
  ProjectionRequestBody,
  ProjectionValuesQueryBody,
} from "./api.ts";

export type {
  ProjectionPlaceBody,
  ProjectionPlaceRequestBody,
  ProjectionQueryBody,
  ProjectionRequestBody,
  ProjectionValuesQueryBody,
} from "./api.ts";

/** Every anchor's place on the map, in id order. */
export interface ProjectionFile {
  readonly method: "pca" | "umap";
  readonly side: "image" | "text";
  /** The collection's sequence that the answer is of. */
  readonly sequence: number;
  /** The sequence that the map was computed at. */
  readonly computedAt: number;
  readonly seed: number;
  /** How many anchors the method was fitted on. */
  readonly fitted: number;
  /** How many came since, and were placed among their neighbours. */
  readonly later: number;
  /** What else is there, such as `umap/text` and `agreement`. */
  readonly layers: readonly string[];
  readonly ids: readonly string[];
  /** `[ids.length, 2]` row-major */
  readonly places: Float32Array<ArrayBuffer>;
}

/** A value of every anchor, in id order; what a request does not ask for is null. */
export interface ProjectionValues {
  readonly sequence: number;
  /** Places in `values`; {@link NO_CODE} without the key, {@link OTHER_CODE} for rare ones. */
  readonly codes: Uint32Array<ArrayBuffer> | null;
  readonly values: readonly (string | number | boolean | null)[];
  readonly counts: Uint32Array<ArrayBuffer> | null;
  /** NaN where there is none. */
  readonly numbers: Float32Array<ArrayBuffer> | null;
}

/** The code of an anchor without the key, in {@link ProjectionValues}. */
export const NO_CODE = 0xffffffff;
/** The code that rare values share. */
export const OTHER_CODE = 0xfffffffe;

export interface ProjectionClient {
  /** Starts a job that computes the collection's map. */
  computeProjection(request?: ProjectionRequestBody, options?: CallOptions): Promise<JobBody>;
  /** @throws NotFoundError if no map was computed */
  getProjection(query?: ProjectionQueryBody, options?: CallOptions): Promise<ProjectionFile>;
  /** A metadata key of every anchor, or how far its image and text agree. */
  getProjectionValues(query: ProjectionValuesQueryBody, options?: CallOptions): Promise<ProjectionValues>;
  /** Where a text or an image would be, and what is near it. */
  placeOnProjection(request: ProjectionPlaceRequestBody, options?: CallOptions): Promise<ProjectionPlaceBody>;
}

export const createProjectionClient = ({ post, query, send }: Transport, path: string): ProjectionClient => ({
  computeProjection: (request = {}, options) => post(`${path}/projection`, request, options),
  getProjection: async (query = {}, options) => {
    const response = await send("GET", `${path}/projection`, {
      ...options,
      query: { ...query },
      accept: FILE,
    });
    return projectionIn(await response.arrayBuffer());
  },
  getProjectionValues: async (query, options) => {
    const response = await send("GET", `${path}/projection/values`, {
      ...options,
      query: { ...query },
      accept: FILE,
    });
    return valuesIn(await response.arrayBuffer());
  },
  placeOnProjection: (request, options) => query(`${path}/projection/place`, request, options),
});

const FILE = "application/octet-stream, application/problem+json";
const decoder = new TextDecoder();

interface TensorHeader {
  readonly data_offsets: readonly [number, number];
}

/** The arrays of a safetensors file, by name, each a part of `file`; texts are in `texts`. */
const readTensors = (
  file: ArrayBuffer,
): {
  readonly texts: Readonly<Record<string, string>>;
  readonly part: (name: string) => readonly [offset: number, bytes: number] | null;
} => {
  const length = Number(new DataView(file).getBigUint64(0, true));
  const first = 8 + length;
  const { __metadata__: texts = {}, ...header } = JSON.parse(
    decoder.decode(new Uint8Array(file, 8, length)),
  ) as Record<string, TensorHeader> & { __metadata__?: Record<string, string> };
  return {
    texts,
    part: (name) => {
      const range = header[name]?.data_offsets;
      return range === undefined ? null : [first + range[0], range[1] - range[0]];
    },
  };
};

const BYTES = 4;

/** Reads the answer of `getProjection`. */
export const projectionIn = (file: ArrayBuffer): ProjectionFile => {
  const { texts, part } = readTensors(file);
  const [at = 0, bytes = 0] = part("places") ?? [];
  return {
    method: texts.method === "umap" ? "umap" : "pca",
    side: texts.side === "text" ? "text" : "image",
    sequence: Number(texts.sequence),
    computedAt: Number(texts.computedAt),
    seed: Number(texts.seed),
    fitted: Number(texts.fitted),
    later: Number(texts.later),
    layers: (texts.layers ?? "").split(","),
    ids: jsonAt(file, part("ids")) as string[],
    places: new Float32Array(file, at, bytes / BYTES),
  };
};

/** Reads the answer of `getProjectionValues`. */
export const valuesIn = (file: ArrayBuffer): ProjectionValues => {
  const { texts, part } = readTensors(file);
  const whole = (name: string): Uint32Array<ArrayBuffer> | null => {
    const found = part(name);
    return found === null ? null : new Uint32Array(file, found[0], found[1] / BYTES);
  };
  const numbers = part("numbers");
  return {
    sequence: Number(texts.sequence),
    codes: whole("codes"),
    values: jsonAt(file, part("values")) as (string | number | boolean | null)[],
    counts: whole("counts"),
    numbers: numbers === null ? null : new Float32Array(file, numbers[0], numbers[1] / BYTES),
  };
};

const jsonAt = (file: ArrayBuffer, found: readonly [number, number] | null): unknown =>
  found === null ? [] : JSON.parse(decoder.decode(new Uint8Array(file, ...found)));
