// Plain JavaScript: a worker thread starts without the loader that reads TypeScript.
import { tsImport } from "tsx/esm/api";

await tsImport("./candidate-worker.ts", import.meta.url);
