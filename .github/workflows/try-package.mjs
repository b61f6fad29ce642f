// Installs the tarballs of a folder as a person would, in a path beyond ASCII; starts the service, classifies, and imports
// a picture with its caption.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const packed = resolve(process.argv[2] ?? ".");
const folder = join(mkdtempSync(join(tmpdir(), "anchorage-")), "Zoë 山田");
mkdirSync(join(folder, "pictures"), { recursive: true });
writeFileSync(join(folder, "package.json"), '{ "private": true }');
const circle = (colour) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="8" fill="${colour}"/></svg>`;
for (const colour of ["red", "green", "blue"]) {
  writeFileSync(join(folder, `pictures/${colour}.svg`), circle(colour));
  writeFileSync(join(folder, `pictures/${colour}.txt`), `a ${colour} circle`);
}

const tarball = (start) => join(packed, readdirSync(packed).find((file) => start.test(file)) ?? "missing");
const windows = process.platform === "win32";
execFileSync("npm", ["install", "--no-audit", "--no-fund", `"${tarball(/^anchorage-\d/)}"`], {
  cwd: folder,
  env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  shell: true,
  stdio: "inherit",
});
const main = join(folder, "node_modules/anchorage/dist/cli/main.js");
const anchorage = (...args) => {
  process.stdout.write(`anchorage ${args.join(" ")}\n`);
  process.stdout.write(execFileSync(process.execPath, [main, ...args], { cwd: folder }));
};
anchorage("encoders", "add", "default", "--from", tarball(/^anchorage-encoders-default-/));

const service = spawn(process.execPath, [main, "serve"], {
  cwd: folder,
  env: { ...process.env, PORT: "0", SAMPLE: "off" },
  stdio: ["ignore", "pipe", "inherit"],
});
let output = "";
const url = await new Promise((resolve, reject) => {
  service.stdout.on("data", (chunk) => {
    output += chunk;
    const [, found] = /listening on (http:\S+)/.exec(output) ?? [];
    if (found !== undefined) resolve(found);
  });
  service.on("exit", () => reject(new Error(`the service ended: ${output}`)));
});
anchorage("import", "pictures", "--collection", "circles", "--url", url);
anchorage(
  "classify",
  "pictures/red.svg",
  "--collection",
  "circles",
  "--classes",
  "a red circle,a blue circle",
  "--url",
  url,
);
service.removeAllListeners("exit");
service.kill(windows ? "SIGKILL" : "SIGTERM");
