import { existsSync, readdirSync } from "node:fs";

/** The layers of src/ from the top down; each may import what its list names, and itself. */
const CORE = ["collections", "asif", "retrieval", "encoders", "math", "store", "onnx", "api"];
const below = (layer) => CORE.slice(CORE.indexOf(layer) + 1);
const LAYERS = {
  cli: ["features", "client", "store"],
  features: ["http", "client", ...CORE],
  http: CORE,
  client: ["api"],
  collections: below("collections"),
  asif: below("asif"),
  retrieval: below("retrieval"),
  encoders: below("encoders").filter((layer) => layer !== "math"),
  math: below("math"),
  store: ["api"],
  onnx: ["api"],
  api: [],
};

/** The features that a feature may import; every other pair is independent. */
const FEATURES = {
  reencoding: ["tuning"],
  calibration: ["tuning"],
  influence: ["counterfactual"],
  health: ["influence"],
  erasing: ["counterfactual", "erasure-proof"],
  consensus: ["epalm"],
  "erasure-proof": ["epalm"],
  backup: ["erasing"],
  mcp: ["calibration", "counterfactual", "coverage"],
  exporting: ["importing"],
  evaluation: ["default-encoders", "methods", "tuning"],
  forecast: ["evaluation"],
};

/** Files of src/ that every layer may import. */
const COMMON = [
  "types",
  "errors",
  "progress",
  "config",
  "setting-values",
  "worker",
  "log",
  "machine-limits",
  "memory-budget",
  "json-lines",
  "tracing",
];
/** Further files that a layer may import: what a command is, and what opens the core with its features. */
const FURTHER = {
  cli: ["command", "option-schemas", "index", "serve"],
  features: ["command", "option-schemas"],
};
/** Where features plug in, and how they read files that a person names and what a hub has: not features themselves. */
const FRAMEWORK = String.raw`^src/features/(feature\.ts$|files/|hub/)`;

/** Core modules whose files features may import directly: a feature's tables, routes and queries are made of them. */
const OPEN_TO_FEATURES = [
  "encoders",
  "store",
  "collections",
  "http",
  "retrieval",
  "retrieval/built-index",
  "asif",
  "onnx",
  "client",
];

const foldersIn = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`);

/** Every folder in `path` and below it that has an index.ts. */
const modulesIn = (path) =>
  foldersIn(path).flatMap((folder) => [
    ...(existsSync(`${folder}/index.ts`) ? [folder] : []),
    ...modulesIn(folder),
  ]);

const anyOf = (names) => `(${names.join("|")})`;
const MODULES = modulesIn("src");

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import ${[...allowed, ...COMMON.map((name) => `${name}.ts`)].join(", ")}`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: {
    path: "^src/",
    pathNot: [
      `^src/${anyOf([layer, ...allowed])}/`,
      `^src/${anyOf([...COMMON, ...(FURTHER[layer] ?? [])])}\\.ts$`,
    ],
  },
}));

const featureRules = foldersIn("src/features").map((folder) => {
  const name = folder.slice("src/features/".length);
  const allowed = FEATURES[name] ?? [];
  return {
    name: `feature-${name}`,
    comment: `${name} may import ${allowed.length === 0 ? "no other feature" : `of the features only ${allowed.join(", ")}`}`,
    severity: "error",
    from: { path: `^${folder}/` },
    to: { path: "^src/features/", pathNot: [`^src/features/${anyOf([name, ...allowed])}/`, FRAMEWORK] },
  };
});

/** Files of a module that are not those of a module inside it. */
const filesOf = (folder) => {
  const inner = MODULES.filter((other) => other.startsWith(`${folder}/`));
  return {
    path: `^${folder}/`,
    pathNot: [`^${folder}/index\\.ts$`, ...inner.map((other) => `^${other}/`)],
  };
};

/** What plugs a feature in; the core has lists of these. */
const PLUGS = [
  String.raw`^src/features/[^/]+/(feature|client|[a-z-]*command)\.ts$`,
  String.raw`^src/features/client\.ts$`,
];
/** What the client is made of, which must run in a browser. */
const CLIENT = [
  "^src/client/",
  String.raw`^src/features/client\.ts$`,
  String.raw`^src/features/[^/]+/client\.ts$`,
];

const entryRules = MODULES.map((folder) => {
  const { path, pathNot } = filesOf(folder);
  const open = OPEN_TO_FEATURES.some((layer) => folder === `src/${layer}`);
  return {
    name: `entry-${folder.slice("src/".length).replaceAll("/", "-")}`,
    comment: `${folder}/index.ts is the only file of its module that others import`,
    severity: "error",
    from: { path: "^(src|scripts)/", pathNot: [`^${folder}/`, ...(open ? ["^src/features/"] : [])] },
    to: { path, pathNot: [...pathNot, ...PLUGS] },
  };
});

export default {
  forbidden: [
    ...layerRules,
    ...featureRules,
    ...entryRules,
    {
      name: "research-stays-outside",
      comment: "Nothing imports research",
      severity: "error",
      from: { path: "^(src|scripts)/" },
      to: { path: "^research/" },
    },
    {
      name: "client-without-schemas",
      comment:
        "The client imports types alone from elsewhere, so that a browser loads no zod and nothing of Node",
      severity: "error",
      from: { path: CLIENT },
      to: {
        path: "^src/",
        pathNot: [...CLIENT, String.raw`^src/errors\.ts$`],
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "page-over-the-client",
      comment: "The page uses the public API by the client alone; from elsewhere it takes types",
      severity: "error",
      from: { path: "^web/src/" },
      to: { path: "^(src|scripts|research)/", pathNot: [...CLIENT, "^src/api/"] },
    },
    {
      name: "page-without-schemas",
      comment: "The page takes types alone from src/api, so that a browser loads no zod",
      severity: "error",
      from: { path: "^web/src/" },
      to: { path: "^src/api/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "page-stays-outside",
      comment: "Nothing but the script that builds it imports the page",
      severity: "error",
      from: { path: "^(src|research)/" },
      to: { path: "^web/" },
    },
    {
      name: "no-circular",
      comment: "No file imports itself by way of others, types included",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-development-package",
      comment: "src needs nothing that only development installs",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm-peer"] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
