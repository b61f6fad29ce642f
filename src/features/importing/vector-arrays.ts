import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { unzipSync } from "fflate";
import { AnchorageError, isAnchorageError, messageOf } from "../../errors.ts";
import { corruptFile, fileFault, readTextFile } from "../files/index.ts";
import { npyInMemory, npyTexts, readNpyRows, VECTOR_ITEMS, type NpyRows } from "../files/npy/index.ts";
import { readSafetensors } from "../files/safetensors/index.ts";
import { anchorBodyOf, type ExportedFile, type ExportHeader } from "./export-format.ts";
import { findUsual } from "./columns.ts";
import { usualVectors, type VectorNames } from "./vector-names.ts";

/** Where the vectors of anchors are: `FILE`, or `FILE#NAME` for an array of a `.npz` or `.safetensors` file. */
export interface VectorSources {
  readonly image: string;
  readonly text: string;
  /** A line or text for each row; ids are the numbers of rows where absent. */
  readonly ids?: string | undefined;
  readonly captions?: string | undefined;
}

const IDS = ["ids", "id", "keys", "key"];
const CAPTIONS = ["captions", "caption"];

/** The arrays of one file. */
interface ArrayFile {
  readonly names: readonly string[];
  readonly rows: (name: string) => Promise<NpyRows>;
  readonly texts: (name: string) => Promise<readonly string[]>;
}

/**
 * The anchors whose vectors lie in arrays, row by row, for a collection of external encoders.
 *
 * @throws AnchorageError `invalid-input` where a file or array is not there, holds no rows of finite numbers, or has
 * another number of rows than the others; `corrupt-file`
 */
export const openVectorArrays = async (sources: VectorSources): Promise<ExportedFile> => {
  const files = new Map<string, Promise<ArrayFile>>();
  const at = async (place: string, usual: (names: readonly string[]) => string | undefined) => {
    const [path = "", name] = place.split("#");
    const opening = files.get(path) ?? openArrays(path);
    files.set(path, opening);
    const file = await opening;
    const found = name ?? (file.names.length === 1 ? file.names[0] : usual(file.names));
    if (found !== undefined && file.names.includes(found)) return { file, name: found };
    throw new AnchorageError(
      "invalid-input",
      `${path} has no array ${name === undefined ? "of a usual name" : `"${name}"`}; it has ${file.names.join(", ")}. Name one as ${path}#NAME`,
    );
  };
  const vectors = async (place: string, kind: keyof VectorNames): Promise<NpyRows> => {
    const { file, name } = await at(place, (names) => usualVectors(names)?.[kind]);
    return file.rows(name);
  };
  const texts = async (place: string, usual: readonly string[]): Promise<readonly string[]> => {
    const { file, name } = await at(place, (names) => findUsual(usual, names));
    return file.texts(name);
  };
  const images = await vectors(sources.image, "image");
  const captionVectors = await vectors(sources.text, "text");
  const ids = sources.ids === undefined ? null : await texts(sources.ids, IDS);
  const captions = sources.captions === undefined ? null : await texts(sources.captions, CAPTIONS);
  const counts: readonly (readonly [string, number])[] = [
    [sources.text, captionVectors.rows],
    ...(ids === null ? [] : [[sources.ids ?? "", ids.length] as const]),
    ...(captions === null ? [] : [[sources.captions ?? "", captions.length] as const]),
  ];
  for (const [place, count] of counts)
    if (count !== images.rows)
      throw new AnchorageError(
        "invalid-input",
        `${place} has ${count} rows, and ${sources.image} has ${images.rows}`,
      );
  const digits = String(images.rows - 1).length;
  return {
    path: sources.image,
    header: headerOfVectors(images.columns, captionVectors.columns),
    anchors: async function* () {
      await Promise.resolve();
      for (let row = 0; row < images.rows; row++)
        yield {
          source: `${sources.image}:${row}`,
          anchor: anchorBodyOf({
            // Padded, so that ids keep the order of rows.
            id: ids?.[row] ?? String(row).padStart(digits, "0"),
            text: captions?.[row] ?? null,
            metadata: {},
            image: null,
            imageVector: rowOf(images, row),
            textVector: rowOf(captionVectors, row),
          }),
        };
    },
  };
};

/** A `.npz` or `.safetensors` file that has vectors of images and texts by their usual names; null for any other file. */
export const openArraysByName = async (path: string): Promise<ExportedFile | null> => {
  if (!/\.(npz|safetensors)$/i.test(path)) return null;
  const { names } = await openArrays(path);
  const found = usualVectors(names);
  if (found === null)
    throw new AnchorageError(
      "invalid-input",
      `${path} has no arrays image_vectors and text_vectors or of like names; it has ${names.join(", ")}. Name them by --image-vectors ${path}#NAME and --text-vectors ${path}#NAME`,
    );
  const place = (name: string | undefined) => (name === undefined ? undefined : `${path}#${name}`);
  return openVectorArrays({
    image: `${path}#${found.image}`,
    text: `${path}#${found.text}`,
    ids: place(findUsual(IDS, names)),
    captions: place(findUsual(CAPTIONS, names)),
  });
};

/** What an import of vectors is told in the place of an export's header. */
export const headerOfVectors = (image: number, text: number): ExportHeader => ({
  version: 1,
  vectors: true,
  collection: {
    imageEncoder: { external: { dimension: image } },
    textEncoder: { external: { dimension: text } },
  },
});

const rowOf = ({ data, columns }: NpyRows, row: number): Float32Array =>
  data.subarray(row * columns, (row + 1) * columns);

const openArrays = async (path: string): Promise<ArrayFile> => {
  switch (extname(path).toLowerCase()) {
    case ".npy":
      return npyFiles(new Map([[basename(path), await bytesOf(path)]]), path);
    case ".npz": {
      const bytes = await bytesOf(path);
      try {
        const members = Object.entries(unzipSync(bytes));
        return npyFiles(new Map(members.map(([name, member]) => [name.replace(/\.npy$/, ""), member])), path);
      } catch (error) {
        throw corruptFile(path, `is no .npz archive: ${messageOf(error)}`, error);
      }
    }
    case ".safetensors":
      return tensorsIn(await bytesOf(path), path);
    case ".txt":
      return linesIn(path);
    default:
      throw new AnchorageError("invalid-input", `${path} is none of .npy, .npz, .safetensors, .txt`);
  }
};

const bytesOf = async (path: string): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileFault(error, path);
  }
};

const npyFiles = (members: ReadonlyMap<string, Uint8Array>, path: string): ArrayFile => {
  const bytes = (name: string): Uint8Array => members.get(name) ?? new Uint8Array(0);
  const place = (name: string): string => (members.size === 1 ? path : `${path}#${name}`);
  return {
    names: [...members.keys()],
    rows: (name) => readNpyRows([place(name)], (at) => npyInMemory(bytes(name), at, VECTOR_ITEMS)),
    texts: (name) => npyTexts(bytes(name), place(name)),
  };
};

const tensorsIn = (bytes: Uint8Array, path: string): ArrayFile => {
  const read = () => {
    try {
      return readSafetensors(bytes).tensors;
    } catch (error) {
      throw isAnchorageError(error) ? corruptFile(path, error.message, error) : error;
    }
  };
  const tensors = read();
  return {
    names: [...tensors.keys()],
    rows: (name) =>
      readNpyRows([`${path}#${name}`], () => {
        const { shape = [], data = new Float32Array(0) } = tensors.get(name) ?? {};
        const into = (target: Float32Array | Int32Array, at: number) => {
          target.set(data, at);
          return Promise.resolve();
        };
        return Promise.resolve({ shape, into, close: () => Promise.resolve() });
      }),
    texts: (name) => {
      const { data = [] } = tensors.get(name) ?? {};
      return Promise.resolve(Array.from(data, String));
    },
  };
};

const linesIn = async (path: string): Promise<ArrayFile> => {
  const lines = (await readTextFile(path)).replace(/\r?\n$/, "").split(/\r?\n/);
  const noNumbers = new AnchorageError("invalid-input", `${path} holds lines, not vectors`);
  return { names: ["lines"], rows: () => Promise.reject(noNumbers), texts: () => Promise.resolve(lines) };
};
