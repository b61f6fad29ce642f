import { AnchorageError } from "../errors.ts";
import type { GraphLibrary } from "./neighbour-graph.ts";
import { createUsearchGraph } from "./usearch-graph.ts";

const loadHnswlib = async (): Promise<GraphLibrary | undefined> => {
  try {
    // A CommonJS module: its exports are on `default` under ESM.
    const { default: hnswlib } = await import("hnswlib-node");
    return { name: "hnswlib", newGraph: (dimension) => new hnswlib.HierarchicalNSW("ip", dimension) };
  } catch {
    return undefined;
  }
};

/** The library usearch, which comes compiled for some platforms; undefined on others. */
export const loadUsearch = async (): Promise<GraphLibrary | undefined> => {
  try {
    const usearch = await import("usearch");
    return { name: "usearch", newGraph: (dimension) => createUsearchGraph(usearch, dimension) };
  } catch {
    return undefined;
  }
};

let library: Promise<GraphLibrary | undefined> | undefined;

/**
 * The library that builds graphs here: hnswlib, where it could be compiled at install time, else usearch, which comes
 * compiled for some platforms; undefined where neither is installed.
 */
export const loadGraphLibrary = (): Promise<GraphLibrary | undefined> =>
  (library ??= loadHnswlib().then((hnswlib) => hnswlib ?? loadUsearch()));

/** @throws AnchorageError `unavailable` where neither library is installed */
export const requireGraphLibrary = async (): Promise<GraphLibrary> => {
  const found = await loadGraphLibrary();
  if (found === undefined) throw new AnchorageError("unavailable", (await hnswAvailable()).reason);
  return found;
};

/** Whether HNSW is available; if not, what is missing and its effect, as a sentence. */
export const hnswAvailable = async (): Promise<{ available: boolean; reason: string }> =>
  (await loadGraphLibrary()) === undefined
    ? {
        available: false,
        reason:
          "neither hnswlib-node (compiled at install, which takes a C++ compiler) nor usearch (compiled for Linux and " +
          "macOS) is installed, so that no graph can be built; partitions need neither",
      }
    : { available: true, reason: "" };
