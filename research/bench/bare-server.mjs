// The least that can answer: node:http, JSON, hnswlib-node. Vectors come as the first request, `{"rows": [[..], ..]}`.
import { createServer } from "node:http";
import hnswlib from "hnswlib-node";

let index;

const answer = (body) => {
  if (body.rows !== undefined) {
    index = new hnswlib.HierarchicalNSW("cosine", body.rows[0].length);
    index.initIndex(body.rows.length, 24, 200, 1);
    index.setEf(256);
    body.rows.forEach((row, i) => index.addPoint(row, i));
    return { rows: body.rows.length };
  }
  const { neighbors, distances } = index.searchKnn(body.query.vector, body.limit);
  return { hits: neighbors.map((id, i) => ({ id, score: 1 - distances[i] })) };
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const text = JSON.stringify(answer(JSON.parse(Buffer.concat(chunks).toString())));
    response.writeHead(200, { "content-type": "application/json" }).end(text);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
