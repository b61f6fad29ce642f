import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../../src/features/epalm/index.ts";
import { adapterInputsAnswer } from "../../../../src/features/epalm/api/adapter-inputs.ts";
import { pictureOf } from "../../selection/selection-data.ts";
import { createCollection, pathsOf, problemIn } from "../../../http/support.ts";
import { runSql } from "../../../support/postgres.ts";
import { BLOCKS, openEyesApp, type EyesApp } from "./eyes-app.ts";

let test: EyesApp;

beforeAll(async () => {
  test = await openEyesApp();
  await test.fill("c", 12);
  await test.feature("c");
});

afterAll(() => test.close());

const INPUTS = "/v1/collections/c/adapter-inputs";

const asked = async (body: object) => {
  const answer = await test.call("POST", INPUTS, body);
  expect([answer.status, answer.body]).toMatchObject([200, {}]);
  return adapterInputsAnswer.parse(answer.body);
};

const vectorsBy = async (encoder: string): Promise<number> => {
  const [row] = await runSql<{ n: number }>(
    `SELECT count(*)::int AS n FROM vectors WHERE encoder_key IN (SELECT key FROM encoders WHERE id = '${encoder}')`,
    test.database.url,
  );
  return row?.n ?? 0;
};

/** What a NumPy file says of itself, and its numbers. */
const readNpy = (bytes: Uint8Array): { header: string; data: Float32Array } => {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from("NUMPY"), 1, 0]);
  expect((10 + length) % 64).toBe(0);
  const header = Buffer.from(bytes.subarray(10, 10 + length)).toString("latin1");
  return { header, data: new Float32Array(bytes.slice(10 + length).buffer) };
};

describe("features of a collection", () => {
  it("are made by each layer of its encoder, and stay when they are asked for again", async () => {
    await test.fill("made", 40);
    const before = [await vectorsBy("eyes#block-0"), await vectorsBy("eyes#block-1")];
    await test.feature("made");
    expect([await vectorsBy("eyes#block-0"), await vectorsBy("eyes#block-1")]).toEqual(
      before.map((count) => count + 40),
    );
    await test.feature("made", { layers: ["pixels", "eyes#block-0"] });
    expect(await vectorsBy("pixels")).toBe(40);
    const { body } = await test.call("GET", "/v1/jobs");
    expect(body).toMatchObject({ jobs: [{ kind: "features", done: 40, total: 40 }, {}, {}] });
  });

  it("go with their anchor, and with a new image are made anew", async () => {
    await test.fill("moving", 3);
    await test.feature("moving");
    const path = "/v1/collections/moving";
    const first = await test.call("POST", `${path}/adapter-inputs`, { inputs: [{ anchor: "a00" }] });
    const count = await vectorsBy("eyes#block-0");
    await test.call("DELETE", `${path}/anchors/a01`);
    expect(await vectorsBy("eyes#block-0")).toBe(count - 1);
    await test.call("PUT", `${path}/anchors`, {
      anchors: [{ id: "a00", text: "a sea", image: await pictureOf("sea", 77) }],
    });
    expect(await vectorsBy("eyes#block-0")).toBe(count - 2);
    const second = await test.call("POST", `${path}/adapter-inputs`, { inputs: [{ anchor: "a00" }] });
    expect(second.status).toBe(200);
    expect(second.body).not.toEqual(first.body);
  });

  it.each([
    ["an unknown layer", "c", { layers: ["eyes#block-0", "eyes#block-9"] }, 400, ["layers.1"]],
    ["a layer twice", "c", { layers: ["pixels", "pixels"] }, 400, ["layers.1"]],
    ["no layer", "c", { layers: [] }, 400, ["layers"]],
    ["what it does not know", "c", { layer: "pixels" }, 400, ["layer"]],
    ["an encoder of others", "outside", {}, 422, ["layers"]],
    ["a collection that is not there", "nowhere", {}, 404, []],
  ])("are refused for %s", async (_, name, body, status, paths) => {
    await createCollection(test, "outside");
    const answer = await test.call("POST", `/v1/collections/${name}/features`, body);
    expect([answer.status, pathsOf(answer)]).toEqual([status, paths]);
  });
});

describe("raw adapter inputs", () => {
  it("are the features of each layer, of stored anchors and of images that are sent", async () => {
    const image = await pictureOf("fox", 5);
    const { layers, inputs, sequence } = await asked({ inputs: [{ anchor: "a03" }, { image }] });
    expect(sequence).toBe(1);
    expect(layers.map(({ name, id, dimension }) => [name, id, dimension])).toEqual([
      ["block-0", "eyes#block-0", 3],
      ["block-1", "eyes#block-1", 4],
    ]);
    expect(inputs.map(({ anchor }) => anchor)).toEqual(["a03", null]);
    expect(inputs[0]?.layers).toEqual([
      await test.seen("c", "a03", BLOCKS[0] ?? ""),
      await test.seen("c", "a03", BLOCKS[1] ?? ""),
    ]);
    const made = await asked({ inputs: [{ image }], layers: ["eyes#block-1"] });
    expect(made.inputs[0]?.layers).toEqual([inputs[1]?.layers?.[1]]);
  });

  it("are made and kept for an anchor that has none yet", async () => {
    await test.fill("fresh", 2);
    const before = await vectorsBy("eyes#block-1");
    const inputs = [{ anchor: "a01" }, { anchor: "a01" }, { anchor: "a00" }];
    const answer = await test.call("POST", "/v1/collections/fresh/adapter-inputs", { inputs });
    const { inputs: rows } = adapterInputsAnswer.parse(answer.body);
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[2]?.layers?.[0]).toEqual(await test.seen("fresh", "a00", "eyes#block-0"));
    expect(await vectorsBy("eyes#block-1")).toBe(before + 2);
  });

  it("come with the nearest anchors as context, of which an anchor itself is none", async () => {
    const { inputs } = await asked({
      inputs: [{ anchor: "a00" }, { image: await pictureOf("blue", 3) }],
      neighbours: 3,
    });
    const [own, other] = inputs.map(({ neighbours = [] }) => neighbours);
    expect(own).toHaveLength(3);
    expect(own?.map(({ id }) => id)).not.toContain("a00");
    expect(own?.map(({ caption }) => caption)).toEqual(["a red", "a red", "a fox"]);
    expect(other?.[0]?.caption).toBe("a blue");
    const path = `/v1/collections/c/anchors/${own?.[0]?.id ?? ""}?vectors=true`;
    const { imageVector, textVector } = (await test.call("GET", path)).body as Record<string, number[]>;
    expect(own?.[0]).toMatchObject({ imageVector, textVector });
    const { imageVector: self = [] } = (await test.call("GET", "/v1/collections/c/anchors/a00?vectors=true"))
      .body as Record<string, number[]>;
    const cosine = self.reduce((sum, value, i) => sum + value * (imageVector?.[i] ?? 0), 0);
    expect(own?.[0]?.similarity).toBeCloseTo(cosine, 5);
  });

  it("are sent an input at a time, and are refused with so many neighbours that they would fill the memory", async () => {
    const inputs = Array.from({ length: 100 }, (_, i) => ({ anchor: `a0${i % 10}` }));
    const many = await asked({ inputs, neighbours: 2 });
    expect(many.inputs.map(({ anchor }) => anchor)).toEqual(inputs.map(({ anchor }) => anchor));
    expect(many.inputs.every(({ neighbours }) => neighbours?.length === 2)).toBe(true);
    const refused = await test.call("POST", INPUTS, { inputs, neighbours: 64 });
    expect([refused.status, pathsOf(refused)]).toEqual([400, ["neighbours"]]);
  });

  it("are a safetensors file with a tensor a layer, told in its header", async () => {
    const { status, headers, bytes } = await test.fetch(INPUTS, {
      inputs: [{ anchor: "a03" }, { anchor: "a01" }],
      neighbours: 1,
      format: "safetensors",
    });
    expect(status).toBe(200);
    expect(headers.get("content-length")).toBe(String(bytes.length));
    const { tensors, metadata } = readSafetensors(bytes);
    expect(tensors.get("eyes#block-1")?.shape).toEqual([2, 4]);
    expect([...(tensors.get("eyes#block-0")?.data.slice(3) ?? [])]).toEqual(
      await test.seen("c", "a01", "eyes#block-0"),
    );
    expect(tensors.get("neighbours.imageVectors")?.shape).toEqual([2, 3]);
    expect(metadata).toMatchObject({ collection: "c", sequence: "1", anchors: '["a03","a01"]' });
    expect(JSON.parse(metadata.neighbours ?? "")).toMatchObject([
      [{ caption: "a sea" }],
      [{ caption: "a fox" }],
    ]);
  });

  it("are a NumPy file where layers are of one width or one is asked for, and refused elsewhere", async () => {
    const inputs = [{ anchor: "a02" }, { anchor: "a01" }];
    const { bytes } = await test.fetch(INPUTS, { inputs, layers: ["eyes#block-1"], format: "npy" });
    const { header, data } = readNpy(bytes);
    expect(header.trim()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 4), }");
    expect([...data.slice(4)]).toEqual(await test.seen("c", "a01", "eyes#block-1"));
    const both = await test.fetch(INPUTS, { inputs, layers: ["eyes#block-0", "colours"], format: "npy" });
    expect(readNpy(both.bytes).header).toContain("(2, 2, 3)");
    expect([...readNpy(both.bytes).data.slice(0, 3)]).toEqual(await test.seen("c", "a02", "eyes#block-0"));
    const refused = await test.call("POST", INPUTS, { inputs, format: "npy" });
    expect([refused.status, pathsOf(refused)]).toEqual([400, ["format"]]);
  });

  it.each([
    ["a text", { inputs: [{ anchor: "a00" }, { text: "a fox" }] }, "inputs.1"],
    ["a vector", { inputs: [{ vector: [1, 2, 3] }] }, "inputs.0"],
    ["an anchor as a text", { inputs: [{ anchor: "a00", modality: "text" }] }, "inputs.0.modality"],
    ["an anchor that is not there", { inputs: [{ anchor: "a00" }, { anchor: "b" }] }, "inputs.1.anchor"],
    ["what is no image", { inputs: [{ anchor: "a00" }, { image: { base64: "AAAA" } }] }, "inputs.1.image"],
    ["no input", { inputs: [] }, "inputs"],
    ["neither inputs nor all", {}, "inputs"],
    ["both", { inputs: [{ anchor: "a00" }], all: true, format: "npy" }, "inputs"],
    ["too many", { inputs: new Array(257).fill({ anchor: "a00" }) }, "inputs"],
    ["too many neighbours", { inputs: [{ anchor: "a00" }], neighbours: 65 }, "neighbours"],
    [
      "neighbours in a NumPy file",
      { inputs: [{ anchor: "a00" }], neighbours: 1, layers: ["pixels"], format: "npy" },
      "neighbours",
    ],
    ["all of them as JSON", { all: true }, "format"],
    ["all of them with neighbours", { all: true, format: "npy", neighbours: 1 }, "neighbours"],
    ["an adapter by a strange name", { inputs: [{ anchor: "a00" }], adapter: "@1" }, "adapter"],
  ])("refuse %s", async (_, body, path) => {
    const answer = await test.call("POST", INPUTS, body);
    expect([answer.status, pathsOf(answer)]).toEqual([400, [path]]);
  });

  it("refuse an anchor that has no stored image", async () => {
    await test.fill("bare", 1);
    await test.call("PUT", "/v1/collections/bare/anchors", {
      anchors: [{ id: "v", text: "a fox", imageVector: [1, 2, 3] }],
    });
    const answer = await test.call("POST", "/v1/collections/bare/adapter-inputs", {
      inputs: [{ anchor: "v" }],
    });
    expect([answer.status, pathsOf(answer)]).toEqual([400, ["inputs.0.anchor"]]);
  });
});

describe("a whole collection as a file", () => {
  it("has every anchor with an image in id order, a tensor a layer, and a length known beforehand", async () => {
    await test.fill("whole", 300);
    await test.feature("whole");
    await test.call("PUT", "/v1/collections/whole/anchors", {
      anchors: [{ id: "v", text: "a fox", imageVector: [1, 2, 3] }],
    });
    const path = "/v1/collections/whole/adapter-inputs";
    const { headers, bytes } = await test.fetch(path, { all: true, format: "safetensors" });
    expect(headers.get("content-length")).toBe(String(bytes.length));
    const { tensors, metadata } = readSafetensors(bytes);
    const ids = JSON.parse(metadata.anchors ?? "") as string[];
    expect(ids).toHaveLength(300);
    expect(ids).toEqual([...ids].sort());
    for (const [row, id] of [ids[0] ?? "", ids[299] ?? ""].entries())
      for (const layer of BLOCKS) {
        const { data, shape } = tensors.get(layer) ?? { data: new Float32Array(0), shape: [] };
        const width = shape[1] ?? 0;
        const at = row * 299 * width;
        expect([...data.slice(at, at + width)]).toEqual(await test.seen("whole", id, layer));
      }
    const npy = await test.fetch(path, { all: true, format: "npy", layers: ["eyes#block-1"] });
    expect(npy.headers.get("content-length")).toBe(String(npy.bytes.length));
    const { header, data } = readNpy(npy.bytes);
    expect(header).toContain("(300, 1, 4)");
    expect(data).toEqual(tensors.get("eyes#block-1")?.data);
  });

  it("is refused until all features are made", async () => {
    await test.fill("unmade", 2);
    const answer = await test.call("POST", "/v1/collections/unmade/adapter-inputs", {
      all: true,
      format: "npy",
      layers: ["pixels"],
    });
    expect(answer.status).toBe(409);
    expect(problemIn(answer).detail).toContain("2 of 2 anchors");
    expect(test.logged).toEqual([]);
  });
});
