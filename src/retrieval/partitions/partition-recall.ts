import {
  hasFallen,
  measurePartitions,
  type MeasuredPartitions,
  type PartitionCurve,
} from "./partition-curve.ts";
import type { PartitionIndex } from "./partition-index.ts";

/** Recall is measured again when so many anchors have changed, as a share of all. */
const CHANGED = 1 / 8;

/** Provides the recall of partitions, and has them built anew where it has fallen. */
export interface PartitionRecall {
  /**
   * The last measurement. If there is none or much has changed since, the partitions are measured in the background.
   *
   * @param changes number of changes of the collection so far
   */
  readonly of: (
    index: PartitionIndex,
    changes: number,
    partitions: () => MeasuredPartitions,
  ) => PartitionCurve | undefined;
  /** The last measurement, if there is one of the present lists. */
  readonly last: (index: PartitionIndex) => PartitionCurve | null;
  readonly close: () => void;
}

interface Measured {
  readonly curve: PartitionCurve;
  /** The first measurement since the lists were built. */
  readonly first: PartitionCurve;
  readonly changes: number;
  readonly builds: number;
}

export const createPartitionRecall = (onFailure: (error: unknown) => void): PartitionRecall => {
  const known = new WeakMap<PartitionIndex, Measured>();
  const measuring = new WeakSet<PartitionIndex>();
  let closed = false;

  const measure = async (
    index: PartitionIndex,
    changes: number,
    partitions: MeasuredPartitions,
  ): Promise<void> => {
    measuring.add(index);
    try {
      const builds = index.builds();
      const curve = await measurePartitions(partitions, () => closed || index.isClosed());
      if (closed || index.isClosed()) return;
      const before = known.get(index);
      const first = before?.builds === builds ? before.first : curve;
      known.set(index, { curve, first, changes, builds });
      if (hasFallen(first, curve)) index.rebuild();
    } finally {
      measuring.delete(index);
    }
  };

  const isOutdated = (index: PartitionIndex, { curve, changes, builds }: Measured, now: number): boolean =>
    builds !== index.builds() || now - changes > CHANGED * curve.anchors;

  /** Lists that were measured before they were saved need not be measured again. */
  const fromSaved = (index: PartitionIndex, changes: number): Measured | undefined => {
    const { savedCurve: curve } = index;
    if (curve === null || index.builds() > 0) return undefined;
    const measured = { curve, first: curve, changes, builds: 0 };
    known.set(index, measured);
    return measured;
  };

  return {
    of: (index, changes, partitions) => {
      const measured = known.get(index) ?? fromSaved(index, changes);
      const isMissing = measured === undefined || isOutdated(index, measured, changes);
      if (isMissing && !measuring.has(index) && !closed)
        measure(index, changes, partitions()).catch(onFailure);
      return measured?.curve;
    },
    last: (index) => {
      const measured = known.get(index);
      if (measured === undefined) return index.builds() === 0 ? index.savedCurve : null;
      return measured.builds === index.builds() ? measured.curve : null;
    },
    close: () => {
      closed = true;
    },
  };
};
