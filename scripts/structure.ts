import { cruise, type ICruiseResult } from "dependency-cruiser";

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const ROOTS = ["src", "scripts", "research"];
/** Files of src/ that compose the layers. The others there are for every layer, and would hide what matters. */
const COMPOSING = ["anchorage.ts", "index.ts", "main.ts", "serve.ts"];

/** A folder of src/, a feature, a file that composes them, research or scripts; null for other files. */
const moduleOf = (path: string): string | null => {
  const [top = "", first = "", second] = path.split("/");
  if (top !== "src") return ROOTS.includes(top) ? top : null;
  if (second === undefined) return COMPOSING.includes(first) ? first : null;
  return first === "features" ? `features/${second}` : first;
};

/** The modules by name, each with those that its files import, types included. */
const graphOf = ({ modules }: ICruiseResult): Graph => {
  const graph = new Map<string, Set<string>>();
  for (const { source, dependencies } of modules) {
    const from = moduleOf(source);
    if (from === null) continue;
    const imported = graph.get(from) ?? new Set();
    graph.set(from, imported);
    for (const { resolved } of dependencies) {
      const to = moduleOf(resolved);
      if (to !== null && to !== from) imported.add(to);
    }
  }
  return new Map([...graph].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Every module that `from` reaches, itself included where it is part of a cycle. */
const reachedFrom = (from: string, graph: Graph): Set<string> => {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    for (const next of graph.get(name) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      visit(next);
    }
  };
  visit(from);
  return reached;
};

/** The modules that `from` reaches by way of one that does not lead back to it. The picture needs no edge to them. */
const reachedBeyond = (from: string, graph: Graph): Set<string> => {
  const beyond = [...(graph.get(from) ?? [])].map((direct) => reachedFrom(direct, graph));
  return new Set(beyond.filter((reached) => !reached.has(from)).flatMap((reached) => [...reached]));
};

/** A Mermaid graph without the edges that follow from others. */
const pictureOf = (graph: Graph): string[] => [
  "```mermaid",
  "graph TD",
  ...[...graph].flatMap(([name, imported]) => {
    const beyond = reachedBeyond(name, graph);
    return [...imported].filter((to) => !beyond.has(to)).map((to) => `  ${name} --> ${to}`);
  }),
  "```",
];

const tableOf = (graph: Graph): string[] => [
  "| module | imports |",
  "| --- | --- |",
  ...[...graph].map(([name, imported]) => `| ${name} | ${[...imported].sort().join(", ")} |`),
];

const { output } = await cruise(ROOTS, { tsPreCompilationDeps: true, doNotFollow: { path: "node_modules" } });
if (typeof output === "string") throw new Error(output);
const graph = graphOf(output);
const edges = [...graph.values()].reduce((sum, { size }) => sum + size, 0);
const lines = [
  ...pictureOf(graph),
  "",
  ...tableOf(graph),
  "",
  `${graph.size} modules, ${edges} dependencies`,
];
process.stdout.write(`${lines.join("\n")}\n`);
