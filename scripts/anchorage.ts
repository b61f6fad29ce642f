import { runNamed } from "../src/cli/run-command.ts";

await runNamed(process.argv.slice(2));
