import { currentCosts } from "./costs.ts";
import type { HnswIndex } from "./hnsw.ts";
import { curveHolds, measureRecall, type MeasuredGraph, type RecallCurve } from "./recall.ts";

/** Provides the recall of each graph: the stored measurement if it still applies, otherwise a new one. */
export interface GraphRecall {
  /**
   * The current measurement of the graph. If there is none or it is outdated, the graph is measured in the
   * background.
   *
   * @param anchors number of live anchors
   * @param saved an earlier measurement of such a graph
   */
  readonly of: (
    hnsw: HnswIndex,
    anchors: number,
    saved: RecallCurve | undefined,
    graph: () => MeasuredGraph,
  ) => RecallCurve | undefined;
  /** Sets the measurement that was made when the graph was built. */
  readonly tell: (hnsw: HnswIndex, curve: RecallCurve) => void;
  readonly close: () => void;
}

export const createGraphRecall = (onFailure: (error: unknown) => void): GraphRecall => {
  const curves = new WeakMap<HnswIndex, RecallCurve>();
  const measuring = new WeakSet<HnswIndex>();
  let closed = false;

  const measure = async (hnsw: HnswIndex, graph: MeasuredGraph): Promise<void> => {
    measuring.add(hnsw);
    try {
      const isClosed = (): boolean => closed;
      const curve = await measureRecall(graph, { profile: hnsw.profile, costs: currentCosts(), isClosed });
      if (!isClosed()) curves.set(hnsw, curve);
    } finally {
      measuring.delete(hnsw);
    }
  };

  return {
    of: (hnsw, anchors, saved, graph) => {
      const now = { dimension: hnsw.dimension, anchors, profile: hnsw.profile };
      const known = [curves.get(hnsw), saved].find((curve) => curve !== undefined && curveHolds(curve, now));
      if (known === undefined && !measuring.has(hnsw) && !closed) measure(hnsw, graph()).catch(onFailure);
      return known;
    },
    tell: (hnsw, curve) => curves.set(hnsw, curve),
    close: () => {
      closed = true;
    },
  };
};
