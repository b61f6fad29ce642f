import { describe, expect, test } from "vitest";
import { readLayerVectors, parseAdapterRows, writeSafetensors } from "../../../src/features/epalm/index.ts";

const SHA = "ef".repeat(32);
const LAYERS = JSON.stringify([{ name: "a", id: "eye#a", sha256: SHA, dimension: 2 }]);
const TENSORS = new Map([["eye#a", { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]);
const ANCHORS = ["fox", "car"];

describe("a file of features", () => {
  test("has the anchors and, of each layer, their features", () => {
    const bytes = writeSafetensors(TENSORS, { anchors: JSON.stringify(ANCHORS), layers: LAYERS });
    expect(readLayerVectors(bytes)).toEqual({
      anchors: ANCHORS,
      sources: [{ encoder: "eye#a", sha256: SHA, dimension: 2 }],
      layerVectors: [Float32Array.of(1, 2, 3, 4)],
    });
  });

  test("is refused without names of anchors and layers, and where a layer is of another shape", () => {
    expect(() => readLayerVectors(writeSafetensors(TENSORS))).toThrow("does not name anchors and layers");
    const three = writeSafetensors(TENSORS, { anchors: '["a","b","c"]', layers: LAYERS });
    expect(() => readLayerVectors(three)).toThrow('"eye#a" is not [3, 2]');
  });
});

describe("rows to train on", () => {
  test("are questions with answers, or captions", () => {
    const text = [
      '{"anchor": "car", "question": "What is it?", "answer": "A Car"}',
      "",
      '{"anchor": "fox", "answer": "fox, animal", "retrieved": ["wolf"]}',
    ].join("\n");
    expect(parseAdapterRows(text, ANCHORS)).toEqual([
      { input: 1, prompt: "what is it?</a>", answer: "a car" },
      { input: 0, prompt: "like: wolf.</a>", answer: "fox, animal" },
    ]);
  });

  test("are refused with the line that is wrong", () => {
    expect(() =>
      parseAdapterRows('{"anchor": "fox", "answer": "x"}\n{"anchor": "dog", "answer": "x"}', ANCHORS),
    ).toThrow('line 2: there are no features of "dog"');
    expect(() => parseAdapterRows('{"anchor": "fox"}', ANCHORS)).toThrow("line 1: answer");
    expect(() => parseAdapterRows("fox", ANCHORS)).toThrow("line 1");
  });
});
