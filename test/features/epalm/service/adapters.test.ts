import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  adapterShapes,
  createAdapter,
  openDecoderModel,
  readAdapter,
  readSafetensors,
  visualTokens,
  writeAdapter,
  writeSafetensors,
  type NamedTensor,
  type Tensors,
} from "../../../../src/features/epalm/index.ts";
import { adapterInputsAnswer } from "../../../../src/features/epalm/api/adapter-inputs.ts";
import { adapterList, adapterBody, decoderList } from "../../../../src/features/epalm/api/adapters.ts";
import { checkpoint, op, archive, tensorOp } from "../../files/pth-file.ts";
import { BASE, pathsOf, problemIn, type Answer } from "../../../http/support.ts";
import { normals, seededRandom } from "../../../support/random.ts";
import { TINY_CONFIG, writeTinyDecoder } from "../../../support/tiny-decoder.ts";
import { BLOCKS, openEyesApp, type EyesApp } from "./eyes-app.ts";

const { hidden, wordWidth } = TINY_CONFIG;
const PATH = "/v1/adapters";
const FILE = "application/octet-stream";
const LAYERS = `layers=${encodeURIComponent(BLOCKS.join())}`;
const SHAPE = {
  features: [3, 4],
  hidden,
  wordWidth,
  shared: false,
  prompt: 2,
  promptNetwork: false,
  tokenNorm: false,
};

const weights = (given: Partial<typeof SHAPE> = {}, seed = 3): Tensors => {
  const random = seededRandom(seed);
  return new Map(
    [...adapterShapes({ ...SHAPE, ...given })].map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: normals(count, random) }];
    }),
  );
};

const numbers = (shape: readonly number[], random: ReturnType<typeof seededRandom>): NamedTensor => ({
  shape,
  data: normals(
    shape.reduce((a, b) => a * b, 1),
    random,
  ),
});

let test: EyesApp;

beforeAll(async () => {
  test = await openEyesApp();
  await writeTinyDecoder(join(test.folder, "tiny"));
  await test.fill("c", 8);
});

afterAll(() => test.close());

const send = async (query: string, bytes: Uint8Array, type = FILE): Promise<Answer> => {
  const response = await test.app.request(`${BASE}${PATH}?${query}`, {
    method: "POST",
    headers: { "content-type": type },
    body: Uint8Array.from(bytes),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

const registered = async (query: string, bytes: Uint8Array) => {
  const answer = await send(query, bytes);
  expect([answer.status, answer.body]).toMatchObject([201, {}]);
  return adapterBody.parse(answer.body);
};

const pth = (tensors: Tensors): Uint8Array =>
  checkpoint(
    Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, { shape, data: [...data] }])),
  );

const file = async (id: string): Promise<Uint8Array> => {
  const response = await test.app.request(`${BASE}${PATH}/${id}`, { headers: { accept: FILE } });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
};

describe("registering an adapter", () => {
  it("takes weights alone with what they are for, and gives them back as one file that says it all", async () => {
    const tensors = weights();
    const told = await registered(`id=plain&${LAYERS}&decoder=tiny`, writeSafetensors(tensors));
    expect(told).toMatchObject({
      id: "plain",
      version: 1,
      collection: null,
      parameters: 3 * 16 + 16 + 4 * 16 + 16 + 2 * 16,
      settings: {
        vision: {
          kind: "epalm",
          mode: "causal-drop",
          injection: { startLayer: 1, endLayer: 3, vectors: 2, textStep: 1 },
          tokens: 1,
        },
        features: [
          { encoder: "eyes#block-0", dimension: 3 },
          { encoder: "eyes#block-1", dimension: 4 },
        ],
        shape: SHAPE,
        decoder: { id: "tiny" },
        loss: "answer",
        training: null,
      },
    });
    const adapter = readAdapter(await file("plain"));
    expect(adapter.sha256).toBe(told.sha256);
    expect(adapter.settings).toEqual(told.settings);
    expect(adapter.tensors).toEqual(new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1))));
    // The same file again is the same adapter, and under another name, too.
    const again = await send("id=plain", await file("plain"));
    expect([again.status, adapterBody.parse(again.body)]).toEqual([200, told]);
    const own = await registered("", await file("plain"));
    expect(own).toMatchObject({ id: `adapter-${told.sha256.slice(0, 12)}`, sha256: told.sha256 });
  });

  it("takes a checkpoint of the authors', which is legacy and was trained on all of the text", async () => {
    const tensors = weights({ promptNetwork: true });
    const told = await registered(
      `id=authors&${LAYERS}&decoder=tiny&startLayer=1&endLayer=3&textStep=1`,
      pth(tensors),
    );
    expect(told.settings).toMatchObject({
      vision: { mode: "legacy", injection: { startLayer: 1, endLayer: 3 } },
      shape: { promptNetwork: true },
      loss: "all",
      questions: "verbatim",
    });
    const { tensors: kept } = readSafetensors(await file("authors"));
    for (const [name, { data }] of tensors) expect(kept.get(name)?.data).toEqual(data);
  });

  it("takes one map for layers of one width, and all vectors in front for limber", async () => {
    const query = "layers=colours,eyes%23block-0&decoder=tiny&method=limber";
    const shared = weights({ features: [3, 3], shared: true, prompt: 0 });
    const { settings } = await registered(`id=limber&${query}`, writeSafetensors(shared));
    expect(settings).toMatchObject({
      vision: { kind: "limber", vectors: 2 },
      shape: { shared: true, prompt: 0 },
    });
  });

  it("counts versions, none of them twice, and removes one or all", async () => {
    const query = `id=many&${LAYERS}&decoder=tiny`;
    for (const seed of [1, 2, 3]) await registered(query, writeSafetensors(weights({}, seed)));
    expect((await test.call("DELETE", `${PATH}/many@3`)).status).toBe(204);
    expect((await test.call("GET", `${PATH}/many`)).body).toMatchObject({ version: 2 });
    expect((await test.call("GET", `${PATH}/many@1`)).body).toMatchObject({ version: 1 });
    expect((await test.call("GET", `${PATH}/many@3`)).status).toBe(404);
    expect(await registered(query, writeSafetensors(weights({}, 3)))).toMatchObject({ version: 4 });
    const { adapters } = adapterList.parse((await test.call("GET", PATH)).body);
    expect(adapters.filter(({ id }) => id === "many").map(({ version }) => version)).toEqual([4, 2, 1]);
    expect((await test.call("DELETE", `${PATH}/many`)).status).toBe(204);
    expect((await test.call("GET", `${PATH}/many`)).status).toBe(404);
    expect((await test.call("DELETE", `${PATH}/many`)).status).toBe(404);
  });

  it("refuses what is not said, or is not there", async () => {
    const bytes = writeSafetensors(weights());
    const expected: [string, number, string[]][] = [
      ["decoder=tiny", 400, ["layers"]],
      [LAYERS, 400, ["decoder"]],
      [`${LAYERS}&decoder=large`, 404, []],
      [`${LAYERS}&decoder=..%2Ftiny`, 404, []],
      ["layers=eyes%23block-9&decoder=tiny", 400, ["layers.0"]],
      [`${LAYERS},words&decoder=tiny`, 400, ["layers.2"]],
      [`${LAYERS}&decoder=tiny&startLayer=1&endLayer=2&textStep=5`, 400, ["textStep"]],
      [`${LAYERS}&decoder=tiny&startLayer=1`, 400, ["endLayer"]],
      [`${LAYERS}&decoder=tiny&startLayer=1&endLayer=4`, 400, ["endLayer"]],
      [`${LAYERS}&decoder=tiny&startLayer=2&endLayer=2`, 400, ["endLayer"]],
      [`${LAYERS}&decoder=tiny&method=limber&mode=legacy`, 400, ["mode"]],
      [`${LAYERS}&decoder=tiny&mode=loud`, 400, ["mode"]],
      [`${LAYERS}&decoder=tiny&id=A`, 400, ["id"]],
      [`${LAYERS}&decoder=tiny&size=1`, 400, ["size"]],
    ];
    for (const [query, status, paths] of expected) {
      const answer = await send(query, bytes);
      expect([query, answer.status, pathsOf(answer)]).toEqual([query, status, paths]);
    }
    expect((await send(`${LAYERS}&decoder=tiny`, bytes, "application/json")).status).toBe(415);
  });

  it("names each tensor that does not fit the encoder or the decoder", async () => {
    const wrong = weights();
    wrong.delete("connector.1.bias");
    wrong.set("connector.0.weight", { shape: [3, hidden], data: new Float32Array(3 * hidden) });
    wrong.set("stranger", { shape: [1], data: Float32Array.of(1) });
    for (const bytes of [writeSafetensors(wrong), pth(wrong)]) {
      const answer = await send(`${LAYERS}&decoder=tiny`, bytes);
      expect([answer.status, problemIn(answer).detail]).toEqual([
        422,
        "The adapter does not fit: connector.0.weight is [3, 16] and should be [16, 3]; " +
          "connector.1.bias is missing; stranger is of no use here.",
      ]);
    }
    const swapped = await send(
      `layers=${encodeURIComponent([...BLOCKS].reverse().join())}&decoder=tiny`,
      writeSafetensors(weights()),
    );
    expect(problemIn(swapped).detail).toContain("connector.0.weight is [16, 3] and should be [16, 4]");
  });

  it("refuses a prompt that every text would have to be read behind at a great cost", async () => {
    const bytes = writeSafetensors(weights({ prompt: 300 }));
    const answer = await send(`${LAYERS}&decoder=tiny`, bytes);
    expect([answer.status, pathsOf(answer)]).toEqual([400, ["body"]]);
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["text", Buffer.from("an adapter")],
    ["half a file", writeSafetensors(weights()).slice(0, 300)],
    [
      "a malicious checkpoint",
      archive([
        ...op.proto(),
        ...op.reduce(op.global("os", "system"), op.tuple(op.text("true"))),
        ...op.stop,
      ]),
    ],
  ])("refuses %s", async (_, bytes) => {
    const answer = await send(`${LAYERS}&decoder=tiny`, bytes);
    expect([answer.status, pathsOf(answer)]).toEqual([400, ["body"]]);
  });

  it("reads a file on a thread, while others are served, and not for a client that goes", async () => {
    // Each number of this tensor is looked up by its strides.
    const columns = 2 ** 17;
    const tensor = { shape: [columns, 1], strides: [0, 1], data: [1] };
    const padding = { padding: new Uint8Array(4 * columns) };
    const slow = archive(
      [...op.proto(), ...op.dict({ model: op.dict({ w: tensorOp("0", tensor) }) }), ...op.stop],
      { "0": Uint8Array.of(0, 0, 128, 63) },
      padding,
    );
    const path = `${BASE}${PATH}?${LAYERS}&decoder=tiny`;
    const leaving = new AbortController();
    const headers = { "content-type": FILE };
    const left = test.app.request(path, {
      ...{ method: "POST", headers, body: Uint8Array.from(slow) },
      signal: leaving.signal,
    });
    leaving.abort(new Error("gone"));
    let served = 0;
    const sending = send(`${LAYERS}&decoder=tiny`, slow);
    const isOver = sending.then(() => true);
    while (!(await Promise.race([isOver, Promise.resolve(false)]))) {
      expect((await test.call("GET", PATH)).status).toBe(200);
      served++;
    }
    expect((await sending).status).toBe(422);
    expect((await left).status).toBe(499);
    expect(served).toBeGreaterThan(2);
  });

  it("refuses one for other weights of an encoder or of a decoder that are here", async () => {
    const { settings, tensors } = readAdapter(await file("plain"));
    const sha256 = "ab".repeat(32);
    const [first, second] = settings.features;
    if (first === undefined || second === undefined) throw new Error("there are two layers");
    const others = [
      { ...settings, features: [{ ...first, sha256 }, second] },
      { ...settings, features: [{ ...first, encoder: "nowhere" }, second] },
      { ...settings, decoder: { id: "tiny", sha256 } },
    ];
    for (const other of others)
      expect((await send("id=other", writeAdapter(createAdapter(other, tensors)))).status).toBe(409);
    // Of a decoder elsewhere there is nothing to hold it against.
    const elsewhere = createAdapter({ ...settings, decoder: { id: "opt-6.7b", sha256 } }, tensors);
    await registered("id=elsewhere", writeAdapter(elsewhere));
    const said = await send("id=other&decoder=tiny", writeAdapter(elsewhere));
    expect([said.status, pathsOf(said)]).toEqual([400, ["decoder"]]);
  });
});

describe("what an adapter makes of inputs", () => {
  it("is the prefix, the prompt, and the layers that they are for", async () => {
    await registered(`id=eyes&${LAYERS}&decoder=tiny`, writeSafetensors(weights({}, 9)));
    const answer = await test.call("POST", "/v1/collections/c/adapter-inputs", {
      inputs: [{ anchor: "a01" }, { anchor: "a02" }],
      adapter: "eyes",
    });
    const { adapter, inputs, layers } = adapterInputsAnswer.parse(answer.body);
    expect(layers.map(({ id }) => id)).toEqual(BLOCKS);
    expect(adapter).toMatchObject({
      id: "eyes",
      version: 1,
      decoder: { id: "tiny" },
      plan: {
        method: "epalm",
        mode: "causal-drop",
        layers: [
          { layer: 1, action: "prepend", vector: 0 },
          { layer: 2, action: "replace", vector: 1 },
        ],
        afterwards: "dropped",
      },
    });
    const tensors = weights({}, 9);
    const table = tensors.get("prompt_module.prefix_embedding.0.weight")?.data ?? new Float32Array(0);
    expect(adapter?.prompt.flat()).toEqual([...table]);
    for (const [row, id] of ["a01", "a02"].entries()) {
      const features = await Promise.all(
        BLOCKS.map(async (layer) => Float32Array.from(await test.seen("c", id, layer))),
      );
      const expected = visualTokens(SHAPE, tensors, features);
      expect(inputs[row]?.prefix?.flat()).toEqual([...expected]);
      expect(inputs[row]?.layers).toBeUndefined();
    }
  });

  it("is the same as a file, and of a whole collection", async () => {
    const path = "/v1/collections/c/adapter-inputs";
    await test.feature("c");
    const ids = Array.from({ length: 8 }, (_, i) => `a0${i}`);
    const inputs = ids.map((anchor) => ({ anchor }));
    const one = await test.fetch(path, { inputs, adapter: "eyes@1", format: "safetensors" });
    const all = await test.fetch(path, { all: true, adapter: "eyes", format: "safetensors" });
    expect(all.headers.get("content-length")).toBe(String(all.bytes.length));
    expect(all.bytes).toEqual(one.bytes);
    const { tensors, metadata } = readSafetensors(all.bytes);
    expect(tensors.get("prefix")?.shape).toEqual([8, 2, hidden]);
    expect(tensors.get("prompt")?.shape).toEqual([2, wordWidth]);
    expect(JSON.parse(metadata.plan ?? "")).toMatchObject({ afterwards: "dropped" });
    const npy = await test.fetch(path, { all: true, adapter: "eyes", format: "npy" });
    expect(Buffer.from(npy.bytes.subarray(10, 128)).toString()).toContain("(8, 2, 16)");
    expect(new Float32Array(npy.bytes.slice(-8 * 2 * hidden * 4).buffer)).toEqual(
      tensors.get("prefix")?.data,
    );
  });

  it("is the same of many inputs, which are not made at once, as of each", async () => {
    const width = 4_000;
    const random = seededRandom(5);
    const wide = new Map([
      ...weights(),
      ...[3, 4].flatMap((dimension, layer): [string, NamedTensor][] => [
        [`connector.${layer}.weight`, numbers([hidden, width], random)],
        [`input.${layer}.mean`, numbers([dimension], random)],
        [`input.${layer}.scale`, numbers([dimension], random)],
        [`input.${layer}.map`, numbers([width, dimension], random)],
      ]),
    ]);
    await registered(`id=wide&${LAYERS}&decoder=tiny`, writeSafetensors(wide));
    const ask = async (ids: readonly string[]) => {
      const inputs = ids.map((anchor) => ({ anchor }));
      const body = { inputs, adapter: "wide" };
      const answer = await test.call("POST", "/v1/collections/c/adapter-inputs", body);
      return adapterInputsAnswer.parse(answer.body).inputs.map(({ prefix }) => prefix);
    };
    const ids = Array.from({ length: 200 }, (_, i) => `a0${i % 8}`);
    const each = (await Promise.all(ids.slice(0, 8).map((id) => ask([id])))).flat();
    expect(await ask(ids)).toEqual(ids.map((_, i) => each[i % 8]));
  });

  it("is refused where it is larger than numbers can be", async () => {
    const loud = new Map(
      [...weights()].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => 7e37 * x) }]),
    );
    await registered(`id=loud&${LAYERS}&decoder=tiny`, writeSafetensors(loud));
    const body = { inputs: [{ anchor: "a01" }], adapter: "loud" };
    expect((await test.call("POST", "/v1/collections/c/adapter-inputs", body)).status).toBe(422);
  });

  it("is refused for adapters that are not there, and beside layers of one's own", async () => {
    const ask = (body: object) =>
      test.call("POST", "/v1/collections/c/adapter-inputs", { inputs: [{ anchor: "a01" }], ...body });
    expect((await ask({ adapter: "nobody" })).status).toBe(404);
    expect((await ask({ adapter: "eyes@7" })).status).toBe(404);
    const answer = await ask({ adapter: "eyes", layers: BLOCKS });
    expect([answer.status, pathsOf(answer)]).toEqual([400, ["layers"]]);
  });
});

describe("decoders", () => {
  it("are listed, with what is wrong with one that cannot be used", async () => {
    await writeTinyDecoder(join(test.folder, "other"), { config: { ...TINY_CONFIG, layers: 2 } });
    const { decoders } = decoderList.parse((await test.call("GET", "/v1/decoders")).body);
    const { sha256 } = await openDecoderModel(join(test.folder, "tiny"));
    expect(decoders).toMatchObject([
      { id: "other", layers: 2, sha256: null, fault: null },
      { id: "tiny", layers: 3, hidden: 16, vocabulary: 300, sha256, fault: null },
    ]);
    expect(test.logged).toEqual([]);
  });
});
