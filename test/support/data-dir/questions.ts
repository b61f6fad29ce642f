import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FILE, type Api, type ApiAnswer, type ApiRequest } from "./api.ts";

/** What a recorded request is about; a test compares one subject at a time. */
export const SUBJECTS = [
  "collections",
  "anchors",
  "images",
  "receipts",
  "jobs",
  "tunings",
  "calibrations",
  "selections",
  "reencodings",
  "adapters",
  "searches",
  "classifications",
  "consensus",
  "generation",
] as const;
export type Subject = (typeof SUBJECTS)[number];

/** A request and the answer that a DATA_DIR gave to it when the dump was made; of a refusal the status alone. */
export interface Recorded extends ApiAnswer {
  readonly subject: Subject;
  readonly request: ApiRequest;
}

const RECORDED = "expected.jsonl";
/** How long something took, and what the planner expects of this machine. */
const NOT_RECORDED = new Set(["tookMs", "plan", "costs"]);

/** Every collection but `moving`, which moves to other encoders when the service starts. */
export const COLLECTIONS = [
  "compared",
  "defaults",
  "empty",
  "large",
  "linear",
  "moved",
  "pairs",
  "pictures",
  "tuned",
];
const of = (name: string): string => `/v1/collections/${name}`;
const get = (path: string): ApiRequest => ({ method: "GET", path });
const post = (path: string, body: unknown): ApiRequest => ({ method: "POST", path, body });

/** Two images of `pairs` and three classes, each with prompts of its own. */
const QUESTION = {
  images: [{ anchor: "c0-0" }, { anchor: "c5-1" }],
  classes: ["c0-0", "c5-0", "c9-1"].map((anchor, i) => ({
    name: `class ${i}`,
    prompts: [{ anchor }, { anchor: `c${i + 14}-0` }],
  })),
};
const QUERY = { vector: [0.1, -1, 0.4, 0.3], modality: "image" };

const classifications = ["asif", "csa", "orthogonal", "ridge", "asif-csa", "consensus"].map((method) =>
  post(`${of("pairs")}/classify`, { ...QUESTION, method, ...(method === "asif" ? { explain: 3 } : {}) }),
);

/** The requests that a dump is recorded by, of each subject; some follow from what a list answers. */
const requestsTo = async (api: Api): Promise<Record<Subject, ApiRequest[]>> => {
  const listed = async (path: string, key: string) => (await api.call("GET", path))[key] as { id: string }[];
  const selections = await listed("/v1/selections", "selections");
  const jobs = await listed("/v1/jobs", "jobs");
  const receipts = await listed(`${of("pairs")}/receipts`, "receipts");
  return {
    collections: [get(of("gone")), get(of("emoji")), ...COLLECTIONS.map((name) => get(of(name)))],
    anchors: COLLECTIONS.map((name) =>
      // Of many anchors, or of long vectors, less is recorded.
      get(`${of(name)}/anchors?vectors=${name !== "defaults"}&limit=${name === "large" ? 30 : 1_000}`),
    ),
    images: [
      ...["c0-0", "bare", "c1-0"].map((id) => get(`${of("pairs")}/anchors/${id}/image`)),
      ...["a00", "a01", "a23"].map((id) => get(`${of("pictures")}/anchors/${id}/image`)),
      get(`${of("moved")}/anchors/a0007/image`),
    ],
    receipts: [
      ...["pairs", "large", "empty"].map((name) => get(`${of(name)}/receipts`)),
      ...receipts.map(({ id }) => get(`${of("pairs")}/receipts/${id}`)),
    ],
    jobs: jobs.map(({ id }) => get(`/v1/jobs/${id}`)),
    tunings: [get(`${of("tuned")}/tune`), get(`${of("pairs")}/tune`)],
    calibrations: [get(`${of("pairs")}/calibrations`), get(`${of("tuned")}/calibrations`)],
    selections: [get("/v1/selections"), ...selections.map(({ id }) => get(`/v1/selections/${id}`))],
    reencodings: ["moved", "compared", "pairs"].map((name) => get(`${of(name)}/reencode`)),
    adapters: [
      get("/v1/adapters"),
      ...["captions", "captions@1", "captions@2", "seen", "uploaded"].map((id) => get(`/v1/adapters/${id}`)),
      { ...get("/v1/adapters/captions"), accept: FILE },
      get("/v1/decoders"),
    ],
    searches: [
      post(`${of("pairs")}/search`, { query: { anchor: "c3-0" }, modality: "image", target: "text" }),
      post(`${of("pairs")}/search`, {
        query: { anchor: "c3-0" },
        modality: "image",
        target: "image",
        filter: { not: { kind: 3 } },
      }),
      post(`${of("large")}/search`, { query: QUERY, target: "image", limit: 50 }),
      post(`${of("large")}/search`, { query: QUERY, target: "text", limit: 50, filter: { odd: true } }),
      post(`${of("pictures")}/search`, { query: { text: "red fox" }, target: "image" }),
      post(`${of("moved")}/search`, { query: { text: "a blue sea" }, target: "image" }),
      post(`${of("moved")}/relative`, { inputs: [{ text: "a blue sea" }], modality: "text" }),
      post(`${of("defaults")}/search`, { query: { text: "a red fox" }, target: "text" }),
      post(`${of("defaults")}/search`, { query: { anchor: "a00" }, modality: "image", target: "image" }),
    ],
    classifications: [
      ...classifications,
      post(`${of("tuned")}/classify`, QUESTION),
      post(`${of("linear")}/classify`, {
        ...QUESTION,
        classes: [{ name: "c9", prompts: [{ anchor: "c9-1" }] }],
      }),
      post(`${of("pairs")}/classify`, {
        ...QUESTION,
        probabilities: true,
        abstain: { risk: 0.2 },
        conformal: { coverage: 0.9 },
      }),
    ],
    consensus: [
      post("/v1/consensus/score", {
        collection: "pictures",
        condition: { image: { anchor: "a01" } },
        proposals: ["a red", "a fox", "a sea"].map((text) => ({ text })),
        scorers: [{ name: "asif" }, { name: "csa" }, { name: "knn-vote", field: "kind" }],
      }),
      post("/v1/consensus", {
        collection: "pictures",
        condition: { image: { anchor: "a02" } },
        generators: [{ name: "class-names", field: "kind" }],
        scorers: [{ name: "asif" }, { name: "onnx", classifier: "kinds" }],
        seed: 1,
      }),
    ],
    generation: [
      post(`${of("pictures")}/adapter-inputs`, { inputs: [{ anchor: "a01" }], adapter: "captions" }),
      ...["captions", "seen"].map((adapter) =>
        post("/v1/generate", { collection: "pictures", adapter, input: { anchor: "a01" }, maxTokens: 4 }),
      ),
    ],
  };
};

/** Asks a service everything that a dump is recorded by. */
export const record = async (api: Api): Promise<Recorded[]> => {
  const recorded: Recorded[] = [];
  const requests = await requestsTo(api);
  for (const subject of SUBJECTS)
    for (const request of requests[subject]) {
      const { status, body } = await api.send(request);
      recorded.push({ subject, request, status, body: status < 300 ? lasting(body) : null });
    }
  return recorded;
};

/** An answer without what is another at each asking. */
const lasting = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (NOT_RECORDED.has(key) ? [] : [[key, lasting(part)]])),
  );
};

export const writeRecorded = (dump: string, recorded: readonly Recorded[]): Promise<void> =>
  writeFile(join(dump, RECORDED), recorded.map((one) => `${JSON.stringify(one)}\n`).join(""));

export const readRecorded = async (dump: string): Promise<Recorded[]> =>
  (await readFile(join(dump, RECORDED), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
