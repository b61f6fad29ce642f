#!/usr/bin/env node
/** The command `anchorage`: what the package installs, and what a checkout runs by `scripts/anchorage.ts`. */
import { runNamed } from "./run-command.ts";

await runNamed(process.argv.slice(2));
