import { runNamed } from "../src/cli/commands/index.ts";

await runNamed(process.argv.slice(2));
