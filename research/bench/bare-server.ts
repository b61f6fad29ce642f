import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createFlatIndex, type FlatIndex } from "../../src/retrieval/codes/flat-index.ts";
import { unitRows } from "../../src/retrieval/index.ts";

/**
 * The least that can answer: node:http and `JSON.parse` over the index that the service uses. The vectors come as the first
 * request, `{"dimension": 512, "rows": "base64 of float32"}`.
 */

type Vector = readonly number[] | string;
type Body =
  | { readonly dimension: number; readonly rows: string }
  | { readonly query: { readonly vector: Vector }; readonly limit: number };

let index: FlatIndex | undefined;

const floats = (base64: string): Float32Array => {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
};

const answer = async (body: Body): Promise<unknown> => {
  if ("rows" in body) {
    index = createFlatIndex({ dimension: body.dimension, compare: (a, b) => a - b });
    index.add(0, unitRows(floats(body.rows), body.dimension));
    return { rows: index.size() };
  }
  if (index === undefined) return { hits: [] };
  const { vector } = body.query;
  const query = typeof vector === "string" ? floats(vector) : Float32Array.from(vector);
  const { slots, scores } = await index.search(unitRows(query, query.length), { k: body.limit });
  return { hits: Array.from(slots, (id, i) => ({ id, score: scores[i] })) };
};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    void answer(JSON.parse(Buffer.concat(chunks).toString()) as Body).then((value) => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    });
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
