import { createClient, type AnchorageClient, type JobBody } from "../../../src/features/client.ts";
import { createRandom } from "../../../src/math/random.ts";

const DIMENSION = 512;
const BATCH = 1_000;
const LARGE_PUT = 2_500;
const WIDE = 8_192;
const KINDS = 50;

/** What heavy requests are sent to. */
export interface Target {
  readonly url: string;
  readonly client: AnchorageClient;
  /** How many anchors of given vectors there are. */
  readonly anchors: number;
}

/** A heavy request by its name. */
export type HeavyRequest = readonly [name: string, send: (target: Target) => Promise<unknown>];

const random = createRandom(1);
const vector = (dimension = DIMENSION): number[] =>
  Array.from({ length: dimension }, () => Math.fround(random.next() - 0.5));

const pairs = (first: number, count: number, prefix = "a") =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${first + i}`,
    text: `a caption of the kind ${(first + i) % KINDS}`,
    metadata: { kind: `kind ${(first + i) % KINDS}`, place: first + i },
    imageVector: vector(),
    textVector: vector(),
  }));

/** Makes the collections that the requests are sent to. */
export const prepare = async (url: string, anchors: number): Promise<Target> => {
  const client = createClient({ url });
  const external = { external: { dimension: DIMENSION } };
  await client.createCollection({ name: "given", imageEncoder: external, textEncoder: external });
  for (let first = 0; first < anchors; first += BATCH)
    await client.collection("given").putAnchors(pairs(first, Math.min(BATCH, anchors - first)));
  const wide = { external: { dimension: WIDE } };
  await client.createCollection({ name: "wide", imageEncoder: wide, textEncoder: wide });
  for (let first = 0; first < BATCH; first += BATCH / 10)
    await client.collection("wide").putAnchors(
      Array.from({ length: BATCH / 10 }, (_, i) => ({
        id: `w${first + i}`,
        imageVector: vector(WIDE),
        textVector: vector(WIDE),
      })),
    );
  return { url, client, anchors };
};

const post = async ({ url }: Target, path: string, body: string): Promise<void> => {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/collections/${path}`, { method: "POST", headers, body });
  await response.arrayBuffer();
};

const read = async ({ url }: Target, path: string): Promise<void> => {
  const response = await fetch(`${url}/v1/collections/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.body?.pipeTo(new WritableStream());
};

const job = async ({ client }: Target, started: Promise<JobBody>): Promise<JobBody> =>
  client.waitForJob(await started);

const classes = Array.from({ length: KINDS }, (_, i) => ({
  name: `kind ${i}`,
  prompts: [{ vector: vector() }],
}));
const question = { images: [{ vector: vector() }], classes };
const drawing = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30" fill="gold"/></svg>',
).toString("base64");
const named = {
  images: [{ image: { base64: drawing } }],
  classes: ["a face", "a flag", "a dog", "the sun"].map((name) => ({ name })),
};
/** In one anchor's metadata, so that each alternative is looked for in vain. */
const alternatives = { any: Array.from({ length: 10_000 }, (_, i) => ({ place: -1 - i })) };

/** In the order in which they are sent: the first answers fit what the later ones use. */
export const heavyRequests: readonly HeavyRequest[] = [
  ["first classification, given vectors", ({ client }) => client.collection("given").classify(question)],
  ["first classification, sample", ({ client }) => client.collection("emoji").classify(named)],
  ["second classification, sample", ({ client }) => client.collection("emoji").classify(named)],
  [
    "explanation of every class",
    ({ client }) => client.collection("emoji").classify({ ...named, explain: { every: true, top: 50 } }),
  ],
  [
    "a put of 2,500 anchors (512 + 512)",
    ({ client, anchors }) => client.collection("given").putAnchors(pairs(anchors, LARGE_PUT, "b")),
  ],
  [
    "a filter of 10,000 alternatives",
    ({ client }) =>
      client.collection("given").search({
        query: { vector: vector(), modality: "image" },
        target: "image",
        filter: alternatives,
      }),
  ],
  ["10 MB of brackets", (target) => post(target, "given/search", "[".repeat(10e6))],
  ["10 MB of one text", (target) => post(target, "given/search", JSON.stringify("a".repeat(10e6)))],
  [
    "a list of 1,000 anchors (8,192 + 8,192)",
    (target) => read(target, "wide/anchors?limit=1000&vectors=true"),
  ],
  ["a list of 1,000 anchors (512 + 512)", (target) => read(target, "given/anchors?limit=1000&vectors=true")],
  ["facets", ({ client }) => client.collection("emoji").facets({ keys: ["group", "emoji", "hexcode"] })],
  [
    "keywords",
    ({ client }) => client.collection("emoji").search({ query: { keywords: "a" }, target: "text" }),
  ],
  ["coverage", ({ client }) => client.collection("emoji").coverage({ classes: named.classes })],
  [
    "a counterfactual",
    ({ client }) =>
      client.collection("emoji").counterfactual({ ...named, without: { filter: { group: "symbols" } } }),
  ],
  ["influence", ({ client }) => client.collection("emoji").influence({ ...named, limit: 100 })],
  ["a check", (target) => job(target, target.client.collection("emoji").check({ by: "group" }))],
  ["a projection", (target) => job(target, target.client.collection("emoji").computeProjection())],
  ["the map's values", ({ client }) => client.collection("emoji").getProjectionValues({ key: "group" })],
  ["an evaluation", (target) => job(target, target.client.collection("emoji").evaluate())],
  ["a calibration", (target) => job(target, target.client.collection("emoji").calibrate())],
  [
    "a tuning",
    (target) => job(target, target.client.collection("emoji").tune({ budgetSeconds: 60, repeats: 1 })),
  ],
  [
    "an erasure with its report",
    (target) =>
      job(
        target,
        target.client.collection("emoji").erase({ filter: { group: "flags" }, questions: { by: "group" } }),
      ),
  ],
  [
    "transferability of 4,000 x 512 features",
    ({ client }) => {
      const features = Array.from({ length: 4_000 }, () => vector());
      return client.transferability({
        features,
        labels: features.map((_, i) => i % KINDS),
        methods: ["logme"],
      });
    },
  ],
  [
    "a rank correlation of 20,000 values",
    ({ client }) => client.rankCorrelation({ x: vector(20_000), y: vector(20_000) }),
  ],
  [
    "similarities of 400 images and 2,000 texts",
    ({ client }) =>
      client.collection("given").similarity({
        images: Array.from({ length: 400 }, () => ({ vector: vector() })),
        texts: Array.from({ length: 2_000 }, () => ({ vector: vector() })),
      }),
  ],
  [
    "a classification of 200 images among 2,000 classes",
    ({ client }) =>
      client.collection("given").classify({
        images: Array.from({ length: 200 }, () => ({ vector: vector() })),
        classes: Array.from({ length: 2_000 }, (_, i) => ({
          name: `c${i}`,
          prompts: [{ vector: vector() }],
        })),
      }),
  ],
  [
    "relative representations of 1,000 inputs",
    ({ client }) =>
      client.collection("given").relative({
        inputs: Array.from({ length: 1_000 }, () => ({ vector: vector() })),
        modality: "image",
        k: 1_000,
      }),
  ],
  ["a compaction", ({ client }) => client.collection("given").compact()],
  [
    "a deletion of 10,000 anchors by filter",
    ({ client }) => client.collection("given").deleteAnchors({ filter: { place: { gte: 0 } } }),
  ],
];
