export { createPlanningTask } from "./task.ts";
