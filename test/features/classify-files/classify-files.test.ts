import { describe, expect, it } from "vitest";
import { classifyFiles } from "../../../src/features/classify-files/index.ts";
import { AnchorageError } from "../../../src/errors.ts";
import type { ClassifyAnswerBody, CollectionClient } from "../../../src/features/client.ts";

const MIB = 1024 * 1024;

/** A service that takes requests of at most `limit` bytes, and calls every image by its length. */
const limitedTo = (limit: number) => {
  const requests: number[][] = [];
  const classify: CollectionClient["classify"] = ({ images }) => {
    const sizes = images.map((input) =>
      "image" in input ? Buffer.from(input.image.base64, "base64").length : 0,
    );
    requests.push(sizes);
    if (sizes.reduce((sum, size) => sum + size, 0) > limit)
      return Promise.reject(new AnchorageError("too-large", "the request is too large"));
    const unfit = sizes.flatMap((size, i) =>
      size === 0 ? [{ path: ["images", i, "image"], message: "is none" }] : [],
    );
    if (unfit.length > 0)
      return Promise.reject(new AnchorageError("invalid-input", "an image is none", { faults: unfit }));
    const results = sizes.map((size) => ({ classes: [{ name: String(size), score: 1 }] }));
    return Promise.resolve({ results } as unknown as ClassifyAnswerBody);
  };
  return { requests, classify };
};

const told = async (
  service: Pick<CollectionClient, "classify">,
  sizes: readonly number[],
): Promise<string[]> => {
  async function* files(): AsyncGenerator<string, void> {
    for (const size of sizes) yield await Promise.resolve(String(size));
  }
  const lines: string[] = [];
  const results = classifyFiles(service, files(), {
    request: { classes: [{ name: "a jay" }] },
    read: (file) =>
      file === "-1"
        ? Promise.reject(new AnchorageError("invalid-input", "does not exist"))
        : Promise.resolve(new Uint8Array(Number(file))),
    signal: new AbortController().signal,
  });
  for await (const one of results)
    lines.push(
      "reason" in one ? `${one.file}! ${one.reason}` : `${one.file}: ${one.result.classes[0]?.name ?? ""}`,
    );
  return lines;
};

describe("files that are classified", () => {
  it("are asked about one by one where together they are too large for a request", async () => {
    const service = limitedTo(10);
    expect(await told(service, [6, 11, 7])).toEqual(["6: 6", "11! the request is too large", "7: 7"]);
    expect(service.requests).toEqual([[6, 11, 7], [6], [11], [7]]);
  });

  it("are told in the order given, what is unfit among the others", async () => {
    expect(await told(limitedTo(100), [1, 0, 2, -1, 3])).toEqual([
      "1: 1",
      "0! is none",
      "2: 2",
      "-1! does not exist",
      "3: 3",
    ]);
  });

  it("are counted anew in each request", async () => {
    const service = limitedTo(100 * MIB);
    await told(service, [20 * MIB, -1, 3 * MIB, 4 * MIB]);
    expect(service.requests).toEqual([[20 * MIB], [3 * MIB, 4 * MIB]]);
  });
});
