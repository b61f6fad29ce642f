import { buildPage } from "../web/build.ts";

const built = await buildPage({ always: process.argv.includes("--always") });
if (built !== null) process.stdout.write(`${built}\n`);
