import { join } from "node:path";
import { z } from "zod";
import { openApplication } from "../src/cli/application/index.ts";
import { collectionOption, EXIT, runScript, urlOption, type Terminal } from "../src/cli/cli.ts";
import type { CollectionInfo, EncoderChoice } from "../src/collections/index.ts";
import { readConfig } from "../src/config.ts";
import { AnchorageError, isAnchorageError } from "../src/errors.ts";
import { collectVectors, tuneGraphs } from "../src/retrieval/index-files/index.ts";
import { createProgress } from "../src/progress.ts";
import {
  closeKernels,
  curveFile,
  hnswAvailable,
  loadHnsw,
  pointFor,
  readProfile,
  RECALL_TARGET,
  writeCurves,
  type CurvesOf,
  type RecallCurve,
} from "../src/retrieval/index.ts";

const schema = z
  .object({
    arguments: z.array(z.string()).max(0, "takes no arguments, only options"),
    collection: collectionOption,
    url: urlOption.optional(),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, terminal: Terminal): Promise<number> => {
  const hnswlib = await loadHnsw();
  if (hnswlib === undefined) throw new AnchorageError("unavailable", (await hnswAvailable()).reason);
  const config = readConfig(process.env);
  try {
    const { vectors, collection } = await read(given, terminal);
    terminal.note(`building the graphs of ${vectors.ids.length} image and text vectors`);
    const curves = await tuneGraphs(vectors, {
      profile: readProfile("default"),
      hnswlib,
      transform: collection.transform,
      signal: terminal.signal,
      onPoint: (modality, { k, ef, recall, ms }) =>
        terminal.note(`${modality} k ${k}, ef ${ef}: recall ${recall.toFixed(4)}, ${ms.toFixed(2)} ms`),
    });
    const file = curveFile(join(config.dataDir, "indexes"), given.collection);
    await writeCurves(file, curvesOf(collection), curves);
    for (const [name, curve] of curves) for (const line of reportOf(name, curve)) terminal.print(line);
    terminal.print(`written to ${file}; the service reads it when it next loads the collection`);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    terminal.note(error.message);
    return EXIT.interrupted;
  } finally {
    await closeKernels();
  }
};

const curvesOf = ({ createdAt, imageEncoder, textEncoder }: CollectionInfo): CurvesOf => ({
  createdAt,
  encoders: { image: idOf(imageEncoder), text: idOf(textEncoder) },
});

const idOf = (choice: EncoderChoice): string =>
  typeof choice === "string" ? choice : `external-${choice.external.dimension}`;

const read = async ({ collection: name, url }: Given, terminal: Terminal) => {
  const application = await openApplication({ url, config: readConfig(process.env), log: terminal.note });
  const progress = createProgress("reading", "anchors");
  try {
    const collection = await application.get(name);
    const vectors = await collectVectors(application, name, terminal.signal, (done, total) =>
      progress.update(done, total),
    );
    return { vectors, collection };
  } finally {
    progress.stop();
    await application.close();
  }
};

const reportOf = (name: string, curve: RecallCurve): string[] => [
  `${name}: ${curve.anchors} vectors of ${curve.dimension} dimensions`,
  "    k    ef  recall   +/-      ms",
  ...curve.points.map(({ k, ef, recall, error, ms }) => {
    const chosen = pointFor(curve, k, RECALL_TARGET)?.ef === ef;
    const columns = [
      String(k).padStart(5),
      String(ef).padStart(5),
      recall.toFixed(4),
      error.toFixed(4),
      ms.toFixed(3).padStart(7),
    ];
    return `${columns.join(" ")}${chosen ? `  <- holds ${RECALL_TARGET}` : ""}`;
  }),
];

await runScript<Given>({
  name: "tune",
  synopsis: "--collection NAME [--url URL]",
  about: [
    "Measures how much of the exact answer HNSW finds in a collection, and how long it takes, at k = 10, 100 and 800 with growing ef: queries are made from stored vectors, as the collection's transform shows them, as far from these as they are from each other. The service goes by the curve that is written: it takes the smallest ef that holds the recall. Without one it measures fewer queries itself once a graph is built.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked. The curve is written under DATA_DIR/indexes.",
    "",
    "Exit status: 0 written, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose vectors are measured" },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: ["--collection emoji"],
  schema,
  run,
});
