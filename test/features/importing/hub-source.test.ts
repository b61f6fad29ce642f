import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataSetOf, fetchDataSet, type FetchedDataSet } from "../../../src/features/importing/hub-source.ts";
import { openPairSource } from "../../../src/features/importing/index.ts";
import { silentProgress } from "../../../src/progress.ts";
import { startHub, type Hub } from "../../encoders/hub.ts";
import { entriesOf, summaryOf } from "./support.ts";

const FEATURES = {
  image: { _type: "Image" },
  label: { names: ["ankle boot", "bag"], _type: "ClassLabel" },
};

/** Pictures with the number of a class, as `datasets` writes them. */
const labelled = (labels: readonly number[]): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "image", data: labels.map((label) => Uint8Array.of(label + 1)), type: "BYTE_ARRAY" },
        { name: "label", data: labels.map(BigInt), type: "INT64" },
      ],
      kvMetadata: [{ key: "huggingface", value: JSON.stringify({ info: { features: FEATURES } }) }],
    }),
  );

const FILES = {
  "README.md": "---\nlicense: mit\n---",
  "data/train-00000-of-00001.parquet": labelled([1, 0]),
  "data/test-00000-of-00001.parquet": labelled([0, -1]),
};

const fetched = async (address: string, { endpoint }: Hub): Promise<FetchedDataSet> => {
  const directory = await mkdtemp(join(tmpdir(), "anchorage-downloads-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const dataSet = dataSetOf(address);
  if (dataSet === null) throw new Error("no data set");
  const { signal } = new AbortController();
  return fetchDataSet(dataSet, { endpoint, directory, signal, progress: silentProgress, retryMs: 1 });
};

const summary = async ({ paths }: FetchedDataSet): Promise<readonly string[]> =>
  summaryOf(await entriesOf(await openPairSource(paths, { captionFrom: "auto", table: {} })));

describe("a data set of a hub", () => {
  it("is imported from its Parquet files, with the names of its classes as captions", async () => {
    const hub = await startHub(FILES, {}, { kind: "dataset" });
    const found = await fetched("hf://datasets/owner/small", hub);
    expect(found).toMatchObject({ licence: "mit", page: `${hub.endpoint}/datasets/owner/small` });
    // A class of -1 has no name, so that its picture has no caption.
    expect(await summary(found)).toEqual([
      "test-00000-of-00001/1: ankle boot",
      "test-00000-of-00001/2: ",
      "train-00000-of-00001/1: bag",
      "train-00000-of-00001/2: ankle boot",
    ]);
    expect(hub.asked).not.toContain("README.md");
  });

  it("is downloaded as far as a path or pattern selects it", async () => {
    const hub = await startHub(FILES, {}, { kind: "dataset" });
    const found = await fetched("hf://datasets/owner/small@main/data/train-*", hub);
    expect(await summary(found)).toEqual([
      "train-00000-of-00001/1: bag",
      "train-00000-of-00001/2: ankle boot",
    ]);
    expect(hub.asked).toEqual(["data/train-00000-of-00001.parquet"]);
  });

  it("is taken at a revision whose name has slashes, such as the Parquet files that the hub made", async () => {
    const hub = await startHub(
      { "default/train/0000.parquet": labelled([0]) },
      {},
      { kind: "dataset", revision: "refs/convert/parquet" },
    );
    expect(await summary(await fetched("hf://datasets/owner/small@refs/convert/parquet", hub))).toEqual([
      "0000/1: ankle boot",
    ]);
  });

  it("without a file that could be imported is refused, and so is an unknown one", async () => {
    const hub = await startHub({ "data.bin": "x" }, {}, { kind: "dataset" });
    await expect(fetched("hf://datasets/owner/small", hub)).rejects.toThrow(
      "has no Parquet file, no .tar shard and no image that could be imported",
    );
    await expect(fetched("hf://datasets/owner/other", hub)).rejects.toThrow(
      'no public data set "owner/other"',
    );
  });
});

describe("the address of a data set", () => {
  it("may name a revision and files, and is a path where it does not begin with hf://", () => {
    expect(dataSetOf("hf://datasets/a/b@v1.0/data/x.parquet")).toEqual({
      name: "a/b",
      revision: "v1.0",
      path: "data/x.parquet",
    });
    expect(dataSetOf("photos")).toBeNull();
    expect(() => dataSetOf("hf://a/b")).toThrow("names no data set");
  });
});
