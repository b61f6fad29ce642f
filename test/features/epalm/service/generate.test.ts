import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../../src/features/client.ts";
import {
  adapterShapes,
  createAdapter,
  decoderShape,
  openDecoderModel,
  rankAnswers,
  readAdapter,
  sample,
  visualTokens,
  writeAdapter,
  writeSafetensors,
  type Adapter,
  type Before,
  type DecoderModel,
} from "../../../../src/features/epalm/index.ts";
import { generateAnswer } from "../../../../src/features/epalm/api/generate.ts";
import { createRandom } from "../../../../src/math/random.ts";
import { pictureOf } from "../../selection/selection-data.ts";
import { BASE, listen, pathsOf, problemIn } from "../../../http/support.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { TINY_CONFIG, writeTinyDecoder } from "../../../support/tiny-decoder.ts";
import { BLOCKS, openEyesApp, type EyesApp } from "./eyes-app.ts";

const { hidden, wordWidth } = TINY_CONFIG;
const SHAPE = {
  features: [3, 4],
  hidden,
  wordWidth,
  shared: false,
  prompt: 2,
  promptNetwork: false,
  tokenNorm: false,
};
const GENERATE = "/v1/generate";
const signal = new AbortController().signal;

let test: EyesApp;
let decoder: DecoderModel;
let adapter: Adapter;

const register = async (id: string, query: string, size = 1): Promise<Adapter> => {
  const random = seededRandom(3);
  const tensors = new Map(
    [...adapterShapes(SHAPE)].map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: normals(count, random).map((value) => size * value) }] as const;
    }),
  );
  const layers = encodeURIComponent(BLOCKS.join());
  const response = await test.app.request(`${BASE}/v1/adapters?id=${id}&layers=${layers}&${query}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Uint8Array.from(writeSafetensors(tensors)),
  });
  expect(response.status).toBe(201);
  const file = await test.app.request(`${BASE}/v1/adapters/${id}`, {
    headers: { accept: "application/octet-stream" },
  });
  return readAdapter(new Uint8Array(await file.arrayBuffer()));
};

beforeAll(async () => {
  test = await openEyesApp();
  await writeTinyDecoder(join(test.folder, "tiny"));
  await test.fill("c", 8);
  adapter = await register("eyes", "decoder=tiny");
  decoder = await openDecoderModel(join(test.folder, "tiny"));
});

afterAll(async () => {
  await decoder.close();
  await test.close();
});

const asked = async (body: object) => {
  const answer = await test.call("POST", GENERATE, {
    ...{ collection: "c", adapter: "eyes", input: { anchor: "a01" } },
    ...body,
  });
  expect([answer.status, answer.body]).toMatchObject([200, {}]);
  return generateAnswer.parse(answer.body);
};

/** What the decoder is given to read and see, put together by hand. */
const before = async (text: string, anchor = "a01"): Promise<Before> => {
  const features = await Promise.all(
    BLOCKS.map(async (layer) => Float32Array.from(await test.seen("c", anchor, layer))),
  );
  return {
    tokens: [[TINY_CONFIG.bos, ...decoder.tokenizer.encode(text)]],
    visual: visualTokens(SHAPE, adapter.tensors, features),
    prompt: adapter.tensors.get("prompt_module.prefix_embedding.0.weight")?.data ?? new Float32Array(0),
  };
};

const open = () => decoder.open(decoderShape(adapter.settings));

describe("generating", () => {
  it("answers as the decoder does by itself, with each token's probability", async () => {
    const told = await asked({ prompt: "What is it", maxTokens: 6 });
    const settings = { maxTokens: 6, temperature: 0, topP: 1 };
    const expected = await sample(await open(), await before("what is it?</a>"), settings, createRandom(0), {
      signal,
    });
    expect(told.prompt).toBe("what is it?</a>");
    expect(told.tokens.map(({ id }) => id)).toEqual(expected.tokens);
    expect(told.tokens.map(({ logProbability }) => logProbability)).toEqual(expected.logProbabilities);
    expect(told.logProbability).toBe(expected.logProbability);
    expect(told).toMatchObject({
      finished: expected.finished,
      anchors: [],
      adapter: { id: "eyes", version: 1, sha256: adapter.sha256 },
      decoder: { id: "tiny", sha256: decoder.sha256 },
      sequence: 1,
    });
    expect(told.alternatives).toEqual([{ answer: told.answer, logProbability: told.logProbability }]);
  });

  it("asks an adapter that read questions verbatim with the question unchanged", async () => {
    await register("verbatim", "decoder=tiny&questions=verbatim");
    const made = await asked({ adapter: "verbatim", prompt: "What is It?", maxTokens: 2 });
    expect(made.prompt).toBe("What is It??</a>");
    const retrieved = await asked({ adapter: "verbatim", prompt: "What?", neighbours: 1, maxTokens: 2 });
    expect(retrieved.prompt).toMatch(/^like: .*\. What\?\?<\/a>$/);
    const ranked = await asked({ adapter: "verbatim", prompt: "What?", candidates: ["A Fox", "a fox"] });
    const [first, second] = ranked.alternatives.map(({ logProbability }) => logProbability);
    expect(first).not.toBe(second);
  });

  it("captions where nothing is asked, and sees another image as another", async () => {
    const [one, other] = [
      await asked({ maxTokens: 8 }),
      await asked({ input: { image: await pictureOf("blue", 4) }, maxTokens: 8 }),
    ];
    expect(one.prompt).toBe("");
    expect((await asked({ prompt: " </a></s>", maxTokens: 8 })).tokens).toEqual(one.tokens);
    expect(one.tokens.map(({ logProbability }) => logProbability)).not.toEqual(
      other.tokens.map(({ logProbability }) => logProbability),
    );
  });

  it("draws by its seed, and searches with beams, which find what is at least as probable", async () => {
    const draw = { prompt: "what is it?", temperature: 1.5, topP: 0.9, maxTokens: 5 };
    const [first, again, other] = [
      await asked({ ...draw, seed: 1 }),
      await asked({ ...draw, seed: 1 }),
      await asked({ ...draw, seed: 2 }),
    ];
    expect(again.tokens).toEqual(first.tokens);
    expect(other.tokens).not.toEqual(first.tokens);
    const beams = await asked({ prompt: "what is it?", beams: 4, maxTokens: 5 });
    expect(beams.alternatives).toHaveLength(4);
    const sum = beams.tokens.reduce((total, { logProbability }) => total + logProbability, 0);
    if (!beams.finished) expect(beams.logProbability).toBeCloseTo(sum, 6);
    else expect(beams.logProbability).toBeLessThan(sum);
  });

  it("ranks candidates by their whole probability", async () => {
    const candidates = ["red", "A fox", "animals"];
    const told = await asked({ prompt: "what is it?", candidates });
    const sums = await rankAnswers(
      await open(),
      await before("what is it?</a>"),
      ["red", "a fox", "animals"].map((text) => decoder.tokenizer.encode(text)),
      signal,
    );
    const expected = candidates
      .map((answer, i) => ({ answer, logProbability: sums[i] }))
      .sort((a, b) => (b.logProbability ?? 0) - (a.logProbability ?? 0));
    expect(told.alternatives).toEqual(expected);
    expect([told.answer, told.tokens]).toEqual([expected[0]?.answer, []]);
  });

  it("reads the nearest anchors' captions first, and tells whose they were", async () => {
    const told = await asked({ prompt: "what is it?", neighbours: 2, maxTokens: 2 });
    expect(told.anchors).toHaveLength(2);
    expect(told.anchors[0]).toMatchObject({ id: "a05", caption: "a fox" });
    expect(told.prompt).toBe(
      `like: ${told.anchors.map(({ caption }) => caption).join("; ")}. what is it?</a>`,
    );
    // As many as there is room for: the decoder has 64 places.
    const crowded = await asked({ prompt: "what is it?", neighbours: 7, maxTokens: 30 });
    const { length } = decoder.tokenizer.encode(crowded.prompt);
    expect(crowded.anchors.length).toBeLessThan(7);
    expect(1 + length + 30).toBeLessThanOrEqual(TINY_CONFIG.positions);
  });

  it("serves all modes of an adapter, the authors' own without keeping anything between tokens", async () => {
    for (const query of ["mode=legacy", "mode=causal-keep", "method=limber"]) {
      const id = query.slice(query.indexOf("=") + 1);
      await register(id, `decoder=tiny&${query}`);
      const told = await asked({ adapter: id, prompt: "what is it?", maxTokens: 3 });
      expect(told.tokens.length + (told.finished ? 1 : 0)).toBeGreaterThan(0);
    }
  });

  it.each([
    ["a text", { input: { text: "a fox" } }, 400, ["input"]],
    ["an anchor that is not there", { input: { anchor: "b" } }, 400, ["input.anchor"]],
    ["no image", { input: { image: { base64: "AAAA" } } }, 400, ["input.image"]],
    ["a collection that is not there", { collection: "d" }, 404, []],
    ["an adapter that is not there", { adapter: "nobody" }, 404, []],
    ["too many beams", { beams: 17 }, 400, ["beams"]],
    ["too many tokens", { maxTokens: 257 }, 400, ["maxTokens"]],
    ["no tokens", { maxTokens: 0 }, 400, ["maxTokens"]],
    ["a temperature beside beams", { beams: 2, temperature: 1 }, 400, ["temperature"]],
    ["an empty nucleus", { topP: 0 }, 400, ["topP"]],
    ["a blank candidate", { candidates: ["a", " "] }, 400, ["candidates.1"]],
    ["beams beside candidates", { candidates: ["a"], beams: 2 }, 400, ["beams"]],
    ["a question without end", { prompt: "fox ".repeat(100) }, 400, ["prompt"]],
    ["more tokens than there are places", { maxTokens: 200 }, 400, ["maxTokens"]],
    ["longer answers than there are places", { candidates: ["zebra ".repeat(30)] }, 400, ["candidates"]],
  ])("refuses %s", async (_, body, status, paths) => {
    const answer = await test.call("POST", GENERATE, {
      ...{ collection: "c", adapter: "eyes", input: { anchor: "a01" } },
      ...body,
    });
    expect([answer.status, pathsOf(answer)]).toEqual([status, paths]);
  });

  it("refuses an adapter that makes of an input what no number can hold", async () => {
    await register("loud", "decoder=tiny", 7e37);
    for (const body of [{}, { candidates: ["fox"] }]) {
      const answer = await test.call("POST", GENERATE, {
        ...{ collection: "c", adapter: "loud", input: { anchor: "a01" } },
        ...body,
      });
      expect(answer.status).toBe(422);
    }
  });

  it("answers with what stands before another mark of an answer", async () => {
    const marked = async (seed: number): ReturnType<typeof asked> => {
      const told = await asked({ prompt: "what is it?", temperature: 10, maxTokens: 50, seed });
      return told.tokens.some(({ id }) => id === decoder.tokenizer.answer) ? told : marked(seed + 1);
    };
    const told = await marked(1);
    const at = told.tokens.findIndex(({ id }) => id === decoder.tokenizer.answer);
    const before = told.tokens.slice(0, at).map(({ id }) => id);
    expect(told.answer).toBe(decoder.tokenizer.decode(before).trim());
  });

  it("says of a decoder whose weights are damaged that it cannot be used", async () => {
    await writeTinyDecoder(join(test.folder, "torn"));
    await register("torn", "decoder=torn");
    await truncate(join(test.folder, "torn", "model.safetensors"), 20_000);
    const answer = await test.call("POST", GENERATE, {
      ...{ collection: "c", adapter: "torn", input: { anchor: "a01" } },
    });
    expect([answer.status, problemIn(answer).detail]).toEqual([
      422,
      expect.stringContaining('The decoder "torn" cannot be opened'),
    ]);
  });

  it("refuses an adapter whose decoder is not here, and then one whose decoder has other weights", async () => {
    const { settings, tensors } = adapter;
    const own = createAdapter({ ...settings, decoder: { ...settings.decoder, id: "absent" } }, tensors);
    const response = await test.app.request(`${BASE}/v1/adapters?id=absent`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: Uint8Array.from(writeAdapter(own)),
    });
    expect(response.status).toBe(201);
    const ask = () =>
      test.call("POST", GENERATE, { collection: "c", adapter: "absent", input: { anchor: "a01" } });
    expect((await ask()).status).toBe(404);
    await writeTinyDecoder(join(test.folder, "absent"), { seed: 2 });
    const refused = await ask();
    expect([refused.status, problemIn(refused).detail]).toEqual([
      409,
      expect.stringContaining('is for the decoder "absent" with the hash'),
    ]);
  });
});

describe("generating as a stream", () => {
  it("sends each token as it is made, then the whole answer", async () => {
    const { url } = await listen(test);
    const client = createClient({ url });
    const request = {
      collection: "c",
      adapter: "eyes",
      input: { anchor: "a01" },
      prompt: "what is it?",
      maxTokens: 6,
    };
    const events = [];
    for await (const event of client.generateStream(request)) events.push(event);
    const result = events.at(-1);
    if (result?.event !== "result") throw new Error("the last event is the result");
    const { result: answer } = result;
    const expected = await client.generate(request);
    expect({ ...answer, tookMs: null }).toEqual({ ...expected, tookMs: null });
    expect(events.slice(0, -1)).toEqual(answer.tokens.map((token) => ({ event: "token", token })));
    await expect(client.generateStream({ ...request, adapter: "nobody" }).next()).rejects.toMatchObject({
      status: 404,
    });
  });

  it("ends when the client leaves, and what waits behind it is answered", async () => {
    const { url } = await listen(test);
    const client = createClient({ url });
    const request = { collection: "c", adapter: "eyes", input: { anchor: "a01" }, prompt: "what is it?" };
    for await (const { event } of client.generateStream({ ...request, maxTokens: 40, temperature: 5 })) {
      expect(event).toBe("token");
      break;
    }
    expect((await client.generate({ ...request, maxTokens: 2 })).tokens.length).toBeLessThanOrEqual(2);
    expect(test.logged).toEqual([]);
  });
});
