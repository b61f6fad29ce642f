import type { AnchorageClient, CollectionClient, JobBody } from "../../src/features/client.ts";
import { readBackup } from "../../src/features/backup/read.ts";
import { pictureAnchors, pictureOf } from "../features/selection/selection-data.ts";

/** One use of the client, by the name of what it shows. */
export type Use = readonly [string, (client: AnchorageClient) => Promise<unknown>];

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const done = async (client: AnchorageClient, job: Promise<JobBody>): Promise<JobBody> =>
  client.waitForJob(await job);

/** The tables of a backup. */
const tablesIn = async (stream: AsyncIterable<Uint8Array>): Promise<string[]> => {
  const tables = new Set<string>();
  for await (const entry of readBackup(stream, "backup")) if (entry.kind === "part") tables.add(entry.table);
  return [...tables];
};

const PICTURES = 24;
const external = { external: { dimension: 3 } };
const spec = { name: "pictures", imageEncoder: "colours", textEncoder: "words" };
const image = pictureOf("fox", 99);
const question = async () => ({
  images: [{ image: await image }],
  classes: [{ name: "a fox" }, { name: "a sea" }],
});
const small = { imageEncoders: ["colours", "pixels"], textEncoders: ["words"], methods: ["emms" as const] };
const matrix = [0, 1, 2, 3].map((i) => [i, i * i, 1 - i]);
const consensus = async () => ({
  collection: "pictures",
  condition: { image: { image: await image } },
  generators: [{ name: "captions" as const, k: 4 }],
  scorers: [{ name: "asif" as const }, { name: "neighbour-captions" as const }],
});

/** Every method of the client at least once, in an order in which each finds what it needs. */
export const uses = (): readonly Use[] => {
  const of = (client: AnchorageClient): CollectionClient => client.collection("pictures");
  let selection = "";
  let receipt = "";
  return [
    ["encoders", (client) => client.listEncoders()],
    ["a new collection", (client) => client.createCollection(spec)],
    ["a collection of a name that is taken", (client) => client.createCollection(spec)],
    [
      "a collection of an unknown encoder",
      (client) => client.createCollection({ ...spec, name: "x", imageEncoder: "x" }),
    ],
    ["a write", async (client) => of(client).putAnchors(await pictureAnchors(PICTURES))],
    [
      "a write whose second anchor is wrong",
      (client) =>
        of(client).putAnchors([
          { id: "a", text: "a fox", imageVector: [1, 2, 3] },
          { id: "b", text: "a sea", imageVector: [1] },
        ]),
    ],
    [
      "a write whose image is none",
      (client) => of(client).putAnchors([{ id: "a", text: "a fox", image: { base64: "AAA?" } }]),
    ],
    [
      "a stream",
      (client) =>
        all(
          of(client).putAnchorStream([
            { id: "s1", text: "a fox", imageVector: [1, 2, 3] },
            { id: "s2", text: "a sea", imageVector: [3, 2, 1] },
          ]),
        ),
    ],
    [
      "a stream whose last line is wrong",
      (client) =>
        all(of(client).putAnchorStream([{ id: "s1", text: "a fox", imageVector: [1, 2, 3] }, { id: "s3" }])),
    ],
    ["a collection", (client) => of(client).get({ minSequence: 1 })],
    ["what a collection takes", async (client) => Object.keys(await of(client).size())],
    ["a collection that is not there", (client) => client.collection("nowhere").get()],
    ["the collections", (client) => client.listCollections()],
    ["a change of defaults", (client) => of(client).update({ asif: { k: 20 } })],
    ["ids that are stored", (client) => of(client).existingAnchors(["s1", "never", "a00"])],
    ["an anchor", (client) => of(client).getAnchor("a00", { vectors: true })],
    ["an anchor that is not there", (client) => of(client).getAnchor("nobody")],
    [
      "the states of anchors",
      (client) =>
        of(client).compareAnchors([{ id: "a00", text: "another caption", metadata: {} }, { id: "never" }]),
    ],
    ["the ids of a source", (client) => all(of(client).idsOfSource("nowhere"))],
    ["facets", (client) => of(client).facets({ keys: ["kind"] })],
    ["a change of metadata", (client) => of(client).changeAnchor("a01", { metadata: { kind: "fox" } })],
    ["an image", async (client) => (await of(client).getImage("a00")).size],
    [
      "anchors, page by page",
      (client) => all(of(client).listAnchors({ filter: { kind: "fox" }, pageSize: 2 })),
    ],
    [
      "a search",
      async (client) => of(client).search({ query: { image: await image }, target: "text", limit: 3 }),
    ],
    [
      "a search for several queries",
      (client) =>
        of(client).searchMany({
          queries: [{ text: "a fox" }, { text: "an owl" }],
          target: "image",
          limit: 2,
        }),
    ],
    [
      "a search that is not understood",
      (client) => of(client).search({ query: { vector: [1] }, target: "text", limit: 0 }),
    ],
    [
      "relative representations",
      (client) => of(client).relative({ inputs: [{ text: "a fox" }], modality: "text", k: 3 }),
    ],
    [
      "similarities",
      async (client) =>
        of(client).similarity({ images: [{ image: await image }], texts: [{ text: "a fox" }] }),
    ],
    ["a classification", async (client) => of(client).classify({ ...(await question()), explain: 2 })],
    ["coverage", (client) => of(client).coverage({ classes: [{ name: "a fox" }, { name: "a sea" }] })],
    [
      "a counterfactual",
      async (client) => of(client).counterfactual({ ...(await question()), without: { ids: ["a01"] } }),
    ],
    ["influence", async (client) => of(client).influence({ ...(await question()), limit: 2 })],
    [
      "a tuning of too few classes",
      (client) => done(client, of(client).tune({ folds: 2, methods: ["asif"] })),
    ],
    ["the signing key", async (client) => Object.keys(await client.getSigningKey())],
    ["an erasure of nothing", (client) => of(client).erase({ filter: { owner: "nobody" } })],
    ["reports of erasures", (client) => of(client).listErasureReports()],
    [
      "a report that is not there",
      (client) => of(client).getErasureReport("00000000-0000-4000-8000-000000000000"),
    ],
    [
      "a page of a report that is not there",
      (client) => of(client).getErasureReportHtml("00000000-0000-4000-8000-000000000000"),
    ],
    ["an evaluation of too few classes", (client) => done(client, of(client).evaluate())],
    ["an evaluation that is not there", (client) => of(client).getEvaluation()],
    ["a map of the anchors", (client) => done(client, of(client).computeProjection({ methods: ["pca"] }))],
    ["the map", async (client) => Object.keys(await of(client).getProjection())],
    [
      "values of the map",
      async (client) => (await of(client).getProjectionValues({ of: "agreement" })).values.length,
    ],
    [
      "a query's place on the map",
      (client) => of(client).placeOnProjection({ query: { anchor: "a00" }, method: "pca", side: "image" }),
    ],
    ["a check of the anchors", (client) => done(client, of(client).check({ limit: 2 }))],
    ["a check that is not there", (client) => of(client).getCheck()],
    ["a forecast of too few anchors", (client) => done(client, of(client).forecast())],
    ["a forecast that is not there", (client) => of(client).getForecast()],
    ["a tuning that is not there", (client) => of(client).getTuning()],
    ["a calibration of too few classes", (client) => done(client, of(client).calibrate())],
    [
      "an adaptation of too few images",
      (client) => of(client).createAdaptation({ id: "few", images: [{ anchor: "a00" }] }),
    ],
    ["adaptations", (client) => of(client).listAdaptations()],
    ["an adaptation that is not there", (client) => of(client).getAdaptation("none")],
    ["the deletion of an adaptation that is not there", (client) => of(client).deleteAdaptation("none")],
    ["calibrations", (client) => of(client).listCalibrations()],
    ["a move to the encoders that it has", (client) => of(client).reencode({ imageEncoder: "colours" })],
    ["a deletion by ids", (client) => of(client).deleteAnchors({ ids: ["s1", "s2"] })],
    ["a move to another encoder", (client) => done(client, of(client).reencode({ imageEncoder: "pixels" }))],
    ["the move", (client) => of(client).getReencoding()],
    ["features of layers", (client) => done(client, of(client).makeFeatures({ layers: ["eyes#block-0"] }))],
    [
      "adapter inputs",
      (client) => of(client).adapterInputs({ inputs: [{ anchor: "a00" }], layers: ["eyes#block-0"] }),
    ],
    [
      "adapter inputs as a file",
      async (client) =>
        (
          await of(client).adapterInputsFile({ all: true, layers: ["eyes#block-0"], format: "npy" })
        ).arrayBuffer(),
    ],
    [
      "a selection",
      async (client) => {
        const job = await done(
          client,
          client.select({ collection: "pictures", labels: { field: "kind" }, ...small }),
        );
        selection = job.id;
        return job;
      },
    ],
    ["what was selected", (client) => client.getSelection(selection)],
    ["selections", (client) => client.listSelections()],
    [
      "a deleted selection",
      async (client) => {
        await client.deleteSelection(selection);
        return client.listSelections();
      },
    ],
    [
      "transferability",
      (client) => client.transferability({ features: matrix, labels: [0, 1, 0, 1], methods: ["logme"] }),
    ],
    ["rank correlation", (client) => client.rankCorrelation({ x: [1, 2, 3], y: [1, 3, 2] })],
    ["scorers", (client) => client.listScorers()],
    ["generators", (client) => client.listGenerators()],
    ["a consensus", async (client) => client.consensus(await consensus())],
    ["a consensus, round by round", async (client) => all(client.consensusStream(await consensus()))],
    [
      "a consensus of nothing",
      async (client) => all(client.consensusStream({ ...(await consensus()), collection: "nowhere" })),
    ],
    [
      "scores of proposals",
      async (client) => {
        const { collection, condition, scorers } = await consensus();
        return client.consensusScore({ collection, condition, scorers, proposals: [{ text: "a fox" }] });
      },
    ],
    ["decoders", (client) => client.listDecoders()],
    ["an adapter from a file that is none", (client) => client.registerAdapter(new Uint8Array(9))],
    [
      "an adapter for a decoder that is not there",
      (client) => client.trainAdapter({ collection: "pictures", decoder: "none", id: "a", rows: "captions" }),
    ],
    ["adapters", (client) => client.listAdapters()],
    ["an adapter that is not there", (client) => client.getAdapter("none")],
    ["an adapter's file that is not there", (client) => client.getAdapterFile("none")],
    ["the deletion of an adapter that is not there", (client) => client.deleteAdapter("none")],
    [
      "text by an adapter that is not there",
      async (client) =>
        client.generate({ collection: "pictures", adapter: "none", input: { image: await image } }),
    ],
    [
      "tokens by an adapter that is not there",
      async (client) =>
        all(
          client.generateStream({ collection: "pictures", adapter: "none", input: { image: await image } }),
        ),
    ],
    ["jobs", async (client) => (await client.listJobs()).map(({ kind, state }) => [kind, state]).sort()],
    [
      "a job",
      async (client) =>
        client.getJob((await client.listJobs()).find(({ kind }) => kind === "features")?.id ?? ""),
    ],
    [
      "a job that is over and is cancelled",
      async (client) =>
        client.cancelJob((await client.listJobs()).find(({ kind }) => kind === "features")?.id ?? ""),
    ],
    [
      "a deletion",
      async (client) => {
        const deleted = await of(client).deleteAnchor("a00");
        receipt = deleted.receipt.id ?? "";
        return deleted;
      },
    ],
    ["a deletion of what is not there", (client) => of(client).deleteAnchor("a00")],
    ["a deletion by a filter", (client) => of(client).deleteAnchors({ filter: { kind: "sea" } })],
    ["a receipt", (client) => of(client).getReceipt(receipt)],
    ["receipts", (client) => all(of(client).listReceipts({ pageSize: 1 }))],
    ["a compaction", (client) => of(client).compact({ tables: "vacuum" })],
    ["built indexes where there are none", (client) => of(client).adoptIndexes()],
    ["readiness", (client) => client.ready()],
    ["what the service is", (client) => client.about()],
    ["metrics", async (client) => (await client.metrics()).includes("anchorage_anchors")],
    [
      "a deleted collection",
      async (client) => {
        await client.createCollection({ name: "gone", imageEncoder: external, textEncoder: external });
        await client.collection("gone").delete();
        return client.listCollections();
      },
    ],
    [
      "receipts of deleted collections",
      async (client) => (await all(client.listServiceReceipts())).map(({ collection }) => collection),
    ],
    ["a backup of receipts", async (client) => tablesIn(await client.backup({ contents: "receipts" }))],
    ["keys", (client) => client.listKeys()],
    ["a key that is not there", (client) => client.revokeKey("000000000000")],
    [
      "a key for no collection",
      (client) => client.createKey({ name: "none", scope: "read", collections: [] }),
    ],
    ["who sends requests", (client) => client.getSession()],
    ["signing in by an unknown key", (client) => client.signIn("an-unknown-key-of-this-service")],
    ["signing out", (client) => client.signOut()],
  ];
};
