import type { WorkerContext } from "../../worker.ts";
import { createClusteringSteps, type ClusteringCalls, type ClusteringTask } from "./clustering-steps.ts";
import { lowerThreadPriority } from "./low-priority.ts";

export const open = (task: ClusteringTask, context: WorkerContext): ClusteringCalls => {
  lowerThreadPriority();
  return createClusteringSteps(task, context);
};
