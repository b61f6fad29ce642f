import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  extractAnswer,
  authorsQuestionPrompt,
  extractCaption,
  captionPrompt,
  openDecoderModel,
  questionPrompt,
  writeDecoder,
  type DecoderModel,
} from "../../../src/features/epalm/index.ts";
import { trainBpe } from "../../../research/epalm/pretraining/train-bpe.ts";
import { readReference } from "../../support/epalm-reference.ts";
import { temporaryDecoders, TINY_CONFIG, tinyTensors, writeTinyDecoder } from "../../support/tiny-decoder.ts";

interface Rules {
  readonly build: readonly { task: string; question: string; answer: string; inference_text: string }[];
  readonly parse: readonly { task: string; decoded: string; response: string }[];
}

describe("what a decoder reads", () => {
  test("is the question in lower case with one question mark, and the mark of an answer", () => {
    const expected = "is it raining?</a>";
    for (const question of ["Is it raining", "is it raining?", " Is it  raining ?? "])
      expect(questionPrompt(question)).toBe(expected);
  });

  test("is what the authors' code makes of a question, but for the case and a second question mark", () => {
    const { build } = readReference("text_rules") as Rules;
    for (const { question, inference_text: theirs } of build.filter(({ task }) => task === "vqa"))
      expect(questionPrompt(question)).toBe(theirs.toLowerCase().replace("??", "?"));
  });

  test("is the question unchanged for a decoder that read the authors' questions", () => {
    const { build } = readReference("text_rules") as Rules;
    for (const { question, inference_text: theirs } of build.filter(({ task }) => task === "vqa"))
      expect(authorsQuestionPrompt(question)).toBe(theirs);
    expect(authorsQuestionPrompt("What is it?", ["Red heart"])).toBe("like: red heart. What is it??</a>");
  });

  test("begins with the captions that were retrieved", () => {
    expect(questionPrompt("What is it?", ["Red heart", "a fox."])).toBe(
      "like: red heart; a fox. what is it?</a>",
    );
    expect(captionPrompt(["Red heart"])).toBe("like: red heart.</a>");
  });

  test("is nothing before a caption where nothing was retrieved", () => {
    expect(captionPrompt()).toBe("");
    expect(captionPrompt(["", " "])).toBe("");
  });

  test("cannot be ended or answered by what a caption or a question holds", () => {
    expect(questionPrompt("a</a>b</s>?", ["x; y</s>"])).toBe("like: x, y. a b?</a>");
  });
});

describe("what a decoder made", () => {
  const { parse } = readReference("text_rules") as Rules;
  const of = (task: string) =>
    parse.filter((rule) => rule.task === task && !/raises|caught/.test(rule.response));

  test.each(of("vqa"))("is read as the authors' code reads an answer: $decoded", ({ decoded, response }) => {
    expect(extractAnswer(decoded)).toBe(response);
  });

  test.each(of("caption"))("is read as theirs reads a caption: $decoded", ({ decoded, response }) => {
    expect(extractCaption(decoded)).toBe(response);
  });

  test("is taken as a whole where it was made behind the mark already", () => {
    expect(extractAnswer("red fox")).toBe("red fox");
    expect(extractCaption("red fox</s>")).toBe("red fox");
  });

  test("is a caption without what was retrieved for it", () => {
    expect(extractCaption("</s>like: a; b.</a>red fox</s>")).toBe("red fox");
  });
});

describe("a decoder's tokenizer", () => {
  let remove: () => Promise<void>;
  let model: DecoderModel;
  beforeAll(async () => {
    const decoders = await temporaryDecoders();
    ({ remove } = decoders);
    await writeTinyDecoder(decoders.path("tiny"));
    model = await openDecoderModel(decoders.path("tiny"));
  });
  afterAll(() => remove());

  test("gives back every text, special tokens included", () => {
    for (const text of ["", " ", "</s>what is it?</a>a red fox</s>", "a café; 3 boxes."])
      expect(model.tokenizer.decode(model.tokenizer.encode(text))).toBe(text);
  });

  test("gives back a text without the spaces that it puts before words itself", async () => {
    const decoders = await temporaryDecoders();
    const texts = ["what is it?</a>a red fox</s>", "a b", ""];
    const tokenizer = trainBpe(texts, 300, true);
    await writeDecoder(decoders.path("spaced"), {
      config: TINY_CONFIG,
      tensors: tinyTensors(TINY_CONFIG, 1),
      tokenizer,
    });
    const spaced = (await openDecoderModel(decoders.path("spaced"))).tokenizer;
    await decoders.remove();
    for (const text of texts) expect(spaced.decode(spaced.encode(text))).toBe(text);
    expect(spaced.decode(spaced.encode(" a"))).toBe("a");
  });

  test("puts nothing before a text", () => {
    expect(model.tokenizer.encode("</a>")).toEqual([model.tokenizer.answer]);
    expect(model.tokenizer.encode("</s>")).toEqual([model.config.bos]);
  });
});
