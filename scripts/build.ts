import { buildPage } from "../web/build.ts";
import { compile } from "./compile.ts";

/**
 * Makes what `npm start` and the package run: `dist/` from `src/`, and the page from `web/`. Only what changed is made
 * again, and nothing is said where nothing changed. `--types` writes the declarations of the package as well.
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { written, seconds } = await compile({ onStart: (files) => say(`compiling ${files} files to dist`) });
if (written > 0) say(`compiled ${written} files in ${seconds.toFixed(1)} s`);
const built = await buildPage();
if (built !== null) say(built);
if (process.argv.includes("--types")) {
  const { writeTypes } = await import("./types.ts");
  say(`wrote the declarations in ${(await writeTypes()).toFixed(1)} s`);
}
