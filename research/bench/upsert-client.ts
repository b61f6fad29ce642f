import { createClient } from "../../src/features/client.ts";
import { createRandom } from "../../src/math/random.ts";
import { toBase64 } from "../../src/store/index.ts";

/**
 * Writes given vectors by the TypeScript client, and prints the seconds; `clients/python/bench/upsert.py` compares them
 * with the Python client's.
 *
 * Arguments: the service's URL, an existing collection, the number of anchors, their dimension, `numbers` or `base64`.
 */
const [, , url = "", collection = "", count = "0", width = "0", form = "numbers"] = process.argv;
const [anchors, dimension] = [Number(count), Number(width)];
const random = createRandom(1);
const rows = Array.from({ length: 1_000 }, () =>
  Float32Array.from({ length: dimension }, () => random.next() - 0.5),
);
const write = (row: Float32Array): string | number[] => (form === "base64" ? toBase64(row) : Array.from(row));

function* given() {
  for (let i = 0; i < anchors; i++) {
    const [imageVector = new Float32Array(), textVector = new Float32Array()] = [
      rows[i % rows.length],
      rows[(i * 7 + 1) % rows.length],
    ];
    yield { id: `row-${i}`, imageVector: write(imageVector), textVector: write(textVector) };
  }
}

const started = performance.now();
let stored = 0;
for await (const written of createClient({ url }).collection(collection).putAnchorStream(given()))
  stored += written.upserted;
if (stored !== anchors) throw new Error(`${stored} of ${anchors} anchors were stored`);
process.stdout.write(`${(performance.now() - started) / 1_000}\n`);
