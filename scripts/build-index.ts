import { join } from "node:path";
import { z } from "zod";
import { openConnection } from "../src/cli/open.ts";
import { EXIT, runScript, type Terminal } from "../src/cli/cli.ts";
import { collectionOption, requiredText, urlOption, wholeNumber } from "../src/option-schemas.ts";
import { readConfig } from "../src/config.ts";
import { isAnchorageError } from "../src/errors.ts";
import {
  buildIndexFiles,
  collectVectors,
  prepareIndexFolder,
  profileNamed,
  RECALL_K,
  type Built,
  type Vectors,
} from "../src/retrieval/index-files/index.ts";
import { createProgress } from "../src/progress.ts";
import { closeKernels, hnswAvailable, loadHnsw } from "../src/retrieval/index.ts";

const MAX_CHECK = 100_000;

const schema = z
  .object({
    arguments: z.array(z.string()).max(0, "takes no arguments, only options"),
    collection: collectionOption,
    out: requiredText.optional(),
    profile: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, "must be the name of a file in indexes/, without .json"),
    check: wholeNumber(0, MAX_CHECK),
    url: urlOption.optional(),
  })
  .strict();

type Given = z.infer<typeof schema>;

const run = async (given: Given, terminal: Terminal): Promise<number> => {
  const config = readConfig(process.env);
  const profile = profileNamed(given.profile);
  const { available, reason } = await hnswAvailable();
  if (!available) terminal.note(`only the exact matrices are written: ${reason}`);
  try {
    const directory = given.out ?? join(config.dataDir, "indexes", given.collection);
    const vectors = await read(given, directory, profile.name, terminal);
    const progress = createProgress("building", "vectors");
    const built = await buildIndexFiles(vectors, {
      profile,
      hnswlib: await loadHnsw(),
      directory,
      check: given.check,
      signal: terminal.signal,
      onProgress: (done, total) => progress.update(done, total),
    }).finally(() => progress.stop());
    for (const line of reportOf(built)) terminal.print(line);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    terminal.note(error.message);
    return EXIT.interrupted;
  } finally {
    await closeKernels();
  }
};

const read = async (
  given: Given,
  directory: string,
  profile: string,
  terminal: Terminal,
): Promise<Vectors> => {
  const { collection } = given;
  const client = await openConnection({
    url: given.url,
    config: readConfig(process.env),
    log: terminal.log,
  });
  const progress = createProgress("reading", "anchors");
  try {
    const source = client.collection(collection);
    await source.get();
    await prepareIndexFolder({ directory, collection, profile });
    return await collectVectors(source, terminal.signal, (done, total) => progress.update(done, total));
  } finally {
    progress.stop();
    await client.close();
  }
};

const reportOf = ({ manifest, manifestPath, graphs }: Built): string[] => [
  `${manifest.collection}: ${manifest.count} anchors at sequence ${manifest.sequence}, described in ${manifestPath}`,
  ...(["image", "text"] as const).flatMap((modality) => {
    const { exact, hnsw } = manifest.indexes[modality];
    const graph = graphs[modality];
    const exactLine = `${modality} exact: ${mebibytes(exact.bytes)} (${exact.file})`;
    if (graph === null || hnsw === null) return [exactLine];
    const recall = graph.recall === null ? "" : `, recall@${RECALL_K} ${graph.recall.toFixed(4)}`;
    const seconds = (graph.buildMs / 1000).toFixed(1);
    return [
      exactLine,
      `${modality} hnsw:  ${mebibytes(hnsw.bytes)} (${hnsw.file}), built in ${seconds} s${recall}`,
    ];
  }),
];

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

await runScript<Given>({
  name: "build-index",
  synopsis: "--collection NAME [options]",
  about: [
    "Builds the HNSW graph and the exact matrix of a collection's image and text vectors by a profile, measures the graph's recall against the exact search, and writes both as files with a JSON beside them that says what they are. The vectors are as they are stored, normalised, without the collection's transform. The service builds its own indexes in memory and does not read these files.",
    "",
    "Without --url, DATA_DIR (./data) is opened here; where a running service holds it, that service is asked. The files appear when all of them are whole; Ctrl-C leaves those of an earlier build as they were. The service removes those in DATA_DIR when it compacts the collection after a change, since they hold vectors that may be deleted by then; files elsewhere are yours to delete.",
    "",
    "Exit status: 0 built, 1 it failed, 2 wrong use, 130 stopped by Ctrl-C.",
  ].join("\n"),
  options: {
    collection: { type: "string", value: "NAME", help: "whose vectors are indexed" },
    out: { type: "string", value: "DIR", help: "where the files go [DATA_DIR/indexes/NAME]" },
    profile: { type: "string", value: "NAME", default: "default", help: "a file in indexes/" },
    check: {
      type: "string",
      value: "N",
      default: "200",
      help: `vectors that recall@${RECALL_K} is measured with; 0: none`,
    },
    url: { type: "string", value: "URL", help: "a running service; its key is read from API_KEY" },
  },
  examples: ["--collection emoji", "--collection emoji --check 1000 --out /tmp/emoji-index"],
  schema,
  run,
});
