import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decoderGraph,
  listDecoders,
  openDecoderModel,
  startDecoding,
  trainingGraph,
  type DecoderModel,
  type Shape,
  type Tensors,
  type WeightSource,
} from "../../../src/features/epalm/index.ts";
import { furthest, ints, numbers, run } from "../../support/epalm-run.ts";
import { normals, seededRandom } from "../../support/random.ts";
import { temporaryDecoders, TINY_CONFIG, writeTinyDecoder } from "../../support/tiny-decoder.ts";

const BLIND: Shape = { prompt: 0 };
const SEEING: Shape = {
  prompt: 2,
  vision: {
    kind: "epalm",
    mode: "causal-drop",
    tokens: 1,
    injection: { startLayer: 1, endLayer: 3, vectors: 2, textStep: 1 },
  },
};

let decoders: Awaited<ReturnType<typeof temporaryDecoders>>;
let tensors: Tensors;
let model: DecoderModel;
beforeAll(async () => {
  decoders = await temporaryDecoders();
  tensors = await writeTinyDecoder(decoders.path("tiny"));
  model = await openDecoderModel(decoders.path("tiny"));
});
afterAll(async () => {
  await model.close();
  await decoders.remove();
});

/** The weights in the graph itself. */
const inGraph: WeightSource = (graph, name, shape) => ({
  value: graph.floats(shape, tensors.get(name)?.data ?? []),
  live: false,
});

/** A copy of the folder with one of its files changed. */
const copyWith = async (id: string, name: string, content: string | Uint8Array | null): Promise<string> => {
  const folder = decoders.path(id);
  await mkdir(folder);
  for (const file of await readdir(decoders.path("tiny")))
    await copyFile(join(decoders.path("tiny"), file), join(folder, file));
  if (content === null) await rm(join(folder, name));
  else await writeFile(join(folder, name), content);
  return folder;
};

describe("a decoder that lies in a folder", () => {
  test("gives the logits that its weights give when they are in the graph", async () => {
    const rows = [model.tokenizer.encode("</s>which colour is a fox?</a>")];
    const { logits } = await startDecoding(await model.open(BLIND), { tokens: rows });
    const expected = await run(decoderGraph(TINY_CONFIG, BLIND, inGraph, { places: "last" }), {
      input_ids: ints(rows),
      attention_mask: ints(rows.map((row) => row.map(() => 1))),
    });
    expect(furthest(logits, numbers(expected.logits))).toBeLessThan(1e-6);
  });

  test("goes on token by token with an image as it would from the whole text", async () => {
    const decoder = await model.open(SEEING);
    const random = seededRandom(5);
    const before = { visual: normals(2 * 16, random), prompt: normals(2 * 16, random) };
    const tokens = model.tokenizer.encode("</s>what is it?</a>a red");
    let decoding = await startDecoding(decoder, { ...before, tokens: [tokens.slice(0, 3)] });
    for (const token of tokens.slice(3)) decoding = await decoding.next([token], [0]);
    const whole = await startDecoding(decoder, { ...before, tokens: [tokens] });
    expect(furthest(decoding.logits, whole.logits)).toBeLessThan(1e-5);
  });

  test("gives the loss and gradients that its weights give when they are in the graph", async () => {
    const training = await model.openTraining(SEEING);
    const random = seededRandom(6);
    const tokens = model.tokenizer.encode("</s>what is it?</a>a fox</s>");
    const targets = [...tokens.slice(1), -1];
    const [visual, prompt] = [normals(2 * 16, random), normals(2 * 16, random)];
    const names = ["loss", "d_visual", "d_prompt"];
    const feeds = () =>
      ({
        input_ids: { type: "int64", data: BigInt64Array.from(tokens, BigInt), dims: [1, tokens.length] },
        attention_mask: {
          type: "int64",
          data: BigInt64Array.from(tokens, () => 1n),
          dims: [1, tokens.length],
        },
        targets: { type: "int64", data: BigInt64Array.from(targets, BigInt), dims: [1, tokens.length] },
        visual: { type: "float32", data: visual.slice(), dims: [2, 1, 1, 16] },
        prompt: { type: "float32", data: prompt.slice(), dims: [1, 2, 16] },
      }) as const;
    const found = await training.run(feeds(), names);
    await training.close();
    const expected = await run(trainingGraph(TINY_CONFIG, SEEING, inGraph), {
      input_ids: ints([tokens]),
      attention_mask: ints([tokens.map(() => 1)]),
      targets: ints([targets]),
      visual: floatsOf(visual, [2, 1, 1, 16]),
      prompt: floatsOf(prompt, [1, 2, 16]),
    });
    names.forEach((name, i) => {
      expect(furthest(found[i]?.data as Float32Array, numbers(expected[name]))).toBeLessThan(1e-5);
    });
  });

  test("reads weights of 16 bits", async () => {
    const bytes = await readFile(join(decoders.path("tiny"), "model.safetensors"));
    const folder = await copyWith("halves", "model.safetensors", toBrainFloats(bytes));
    const halves = await openDecoderModel(folder);
    const rows = [model.tokenizer.encode("</s>what is it?</a>")];
    const [exact, rounded] = await Promise.all(
      [model, halves].map(async (of) => startDecoding(await of.open(BLIND), { tokens: rows })),
    );
    await halves.close();
    expect(furthest(rounded?.logits ?? [], exact?.logits ?? [])).toBeLessThan(0.1);
    expect(halves.sha256).not.toBe(model.sha256);
  });

  test("leaves no graph behind in its folder", async () => {
    await model.open({ prompt: 1 });
    expect((await readdir(decoders.path("tiny"))).filter((name) => name.endsWith(".onnx"))).toEqual([]);
  });

  test("answers for shapes whose networks were closed to make room", async () => {
    const rows = [model.tokenizer.encode("</s>what is it?")];
    const decoder = await model.open(BLIND);
    const first = await startDecoding(decoder, { tokens: rows });
    for (let prompt = 1; prompt <= 6; prompt++) await model.open({ prompt });
    const [token] = model.tokenizer.encode("</a>");
    const next = await first.next([token ?? 0], [0]);
    const again = await startDecoding(decoder, { tokens: [[...(rows[0] ?? []), token ?? 0]] });
    expect(furthest(next.logits, again.logits)).toBeLessThan(1e-5);
  });

  test("is told apart by its bytes, not by its folder's name", async () => {
    const same = await openDecoderModel(await copyWith("twin", "note.txt", "hello"));
    expect(same.id).toBe("twin");
    expect(same.sha256).toBe(model.sha256);
    expect(same.parameters).toBe([...tensors.values()].reduce((sum, { data }) => sum + data.length, 0));
  });
});

describe("a folder that holds no decoder", () => {
  test.each(["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])(
    "tells that %s is missing",
    async (name) => {
      const folder = await copyWith(`without-${name}`, name, null);
      await expect(openDecoderModel(folder)).rejects.toMatchObject({
        code: "unsupported-model",
        message: `The decoder "without-${name}" cannot be used: ${name}: there is no such file in its folder`,
      });
    },
  );

  test("tells which weight has another shape than the configuration says", async () => {
    const config = await changedConfig({ ffn_dim: 48 });
    await expect(openDecoderModel(await copyWith("wide", "config.json", config))).rejects.toThrow(
      'model.safetensors: "model.decoder.layers.0.fc1.weight" is [32, 16], but by config.json it is [48, 16]',
    );
  });

  test("tells which weight is missing", async () => {
    const config = await changedConfig({ num_hidden_layers: 4 });
    await expect(openDecoderModel(await copyWith("deep", "config.json", config))).rejects.toThrow(
      'model.safetensors: there is no "model.decoder.layers.3.',
    );
  });

  test("tells which weight is of a type that is not read", async () => {
    const bytes = await readFile(join(decoders.path("tiny"), "model.safetensors"));
    const text = bytes.toString("latin1").replace('"dtype":"F32"', '"dtype":"I32"');
    await expect(
      openDecoderModel(await copyWith("whole", "model.safetensors", Buffer.from(text, "latin1"))),
    ).rejects.toThrow(/model\.safetensors: .*is of type I32/);
  });

  test("tells that another architecture is none of the OPT kind", async () => {
    const config = await changedConfig({ model_type: "gpt2" });
    await expect(openDecoderModel(await copyWith("gpt2", "config.json", config))).rejects.toThrow(
      /config\.json: This is no decoder of the OPT kind: model_type/,
    );
  });

  test.each([
    ["a file that is cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 8)],
    ["an empty file", () => Buffer.alloc(0)],
    ["a file of text", () => Buffer.from("no weights are in here")],
  ])("tells that the weights are %s", async (name, change) => {
    const bytes = await readFile(join(decoders.path("tiny"), "model.safetensors"));
    const id = name.replaceAll(" ", "-");
    await expect(openDecoderModel(await copyWith(id, "model.safetensors", change(bytes)))).rejects.toThrow(
      `The decoder "${id}" cannot be used: model.safetensors: `,
    );
  });

  test("tells that a tokenizer has more words than the decoder", async () => {
    const path = join(decoders.path("tiny"), "tokenizer.json");
    const json = JSON.parse(await readFile(path, "utf8")) as { model: { vocab: Record<string, number> } };
    json.model.vocab.more = 300;
    const folder = await copyWith("wordy", "tokenizer.json", JSON.stringify(json));
    await expect(openDecoderModel(folder)).rejects.toThrow(
      "tokenizer.json: tokenizer.json cannot be used: it has the id 300",
    );
  });

  test("tells that a JSON file is none", async () => {
    await expect(openDecoderModel(await copyWith("torn", "tokenizer.json", "{"))).rejects.toThrow(
      'The decoder "torn" cannot be used: tokenizer.json: ',
    );
  });
});

test("a tokenizer without the mark of an answer gets it as the first free id", async () => {
  const path = join(decoders.path("tiny"), "tokenizer.json");
  const json = JSON.parse(await readFile(path, "utf8")) as {
    added_tokens: { content: string }[];
    model: { vocab: Record<string, number> };
  };
  json.added_tokens = json.added_tokens.filter(({ content }) => content !== "</a>");
  json.model.vocab = Object.fromEntries(
    Object.entries(json.model.vocab).filter(([token]) => token !== "</a>"),
  );
  const free = Math.max(...Object.values(json.model.vocab)) + 1;
  const foreign = await openDecoderModel(await copyWith("foreign", "tokenizer.json", JSON.stringify(json)));
  expect(foreign.tokenizer.answer).toBe(free);
  expect(foreign.tokenizer.encode("it?</a>").at(-1)).toBe(free);
});

test("decoders are listed with what they are or why they are none", async () => {
  const other = await temporaryDecoders();
  await writeTinyDecoder(other.path("one"));
  await mkdir(other.path("two"));
  await writeFile(other.path("three"), "a file");
  const [one, two, ...rest] = await listDecoders(other.folder);
  await other.remove();
  expect(one).toEqual({ id: "one", config: TINY_CONFIG, parameters: model.parameters });
  expect(two).toMatchObject({ id: "two", fault: expect.stringContaining("config.json") as string });
  expect(rest).toEqual([]);
  expect(await listDecoders(other.folder)).toEqual([]);
});

const changedConfig = async (changes: object): Promise<string> => {
  const json = JSON.parse(await readFile(join(decoders.path("tiny"), "config.json"), "utf8")) as object;
  return JSON.stringify({ ...json, ...changes });
};

const floatsOf = (data: Float32Array, dims: readonly number[]) => new Tensor("float32", data, dims);

/** The same file with the upper halves of its numbers. */
const toBrainFloats = (bytes: Buffer): Buffer => {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  for (const [name, place] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    place.dtype = "BF16";
    place.data_offsets = place.data_offsets.map((offset) => offset / 2) as [number, number];
  }
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  const data = bytes.subarray(8 + length);
  const halves = Buffer.alloc(data.length / 2);
  for (let i = 0; i < halves.length; i += 2) data.copy(halves, i, 2 * i + 2, 2 * i + 4);
  return Buffer.concat([start, text, halves]);
};
