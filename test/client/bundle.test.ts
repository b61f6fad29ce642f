import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

describe("the client as a browser loads it", () => {
  it("holds neither schemas nor anything of Node or of the server", async () => {
    const { metafile } = await build({
      entryPoints: ["src/features/client.ts"],
      bundle: true,
      format: "esm",
      platform: "browser",
      metafile: true,
      write: false,
    });
    const files = Object.keys(metafile.inputs);
    const packages = files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    expect([...new Set(packages)]).toEqual(["eventsource-parser"]);
    const ours = files.filter((file) => !file.includes("node_modules"));
    expect(
      ours.filter((file) => !/^src\/(client\/|errors\.ts|features\/([^/]+\/)?client\.ts)/.test(file)),
    ).toEqual([]);
  });

  it("takes less than 15 KiB gzipped", async () => {
    const { outputFiles } = await build({
      entryPoints: ["src/features/client.ts"],
      bundle: true,
      format: "esm",
      platform: "browser",
      minify: true,
      write: false,
    });
    expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThan(15 * 1024);
  });
});
