import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTextTokens, readTextTokens, type TokenizerManifest } from "../../src/encoders/text-tokens.ts";
import { WORDPIECE } from "./folders.ts";

const MANIFEST: TokenizerManifest = {
  files: { model: "model.onnx", tokenizer: "tokenizer.json" },
  text: { tokenizer: "huggingface", maxLength: 16, pad: 0 },
};
/** About as many as XLM-RoBERTa knows, which takes a third of a second to read. */
const PIECES = 200_000;

describe("the tokens of texts", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "anchorage-tokens-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const write = (tokenizer: unknown) =>
    writeFile(join(directory, "tokenizer.json"), JSON.stringify(tokenizer));

  it("a thread reads texts as the tokenizer itself does", async () => {
    await write(WORDPIECE);
    const texts = ["a red circle", "blue", "红色的圆形"];
    const [thread, here] = await Promise.all([
      openTextTokens(directory, MANIFEST),
      readTextTokens(directory, MANIFEST),
    ]);
    expect(await thread.tokenize(texts)).toEqual(await here.tokenize(texts));
    expect(await thread.unknownShares(texts)).toEqual(await here.unknownShares(texts));
    await thread.close();
  });

  it("an empty text is refused with its place", async () => {
    await write(WORDPIECE);
    const tokens = await openTextTokens(directory, MANIFEST);
    await expect(tokens.tokenize(["red", " "])).rejects.toMatchObject({
      code: "invalid-input",
      faults: [{ path: [1] }],
    });
    await tokens.close();
  });

  it("a file that is no tokenizer is refused when it is opened", async () => {
    await write({ model: {} });
    await expect(openTextTokens(directory, MANIFEST)).rejects.toMatchObject({ code: "corrupt-file" });
  });

  it("the event loop goes on while a vocabulary of 200,000 tokens is read", async () => {
    const vocab = Array.from({ length: PIECES }, (_, i) => [`▁${i.toString(36)}`, -Math.log(i + 2)]);
    await write({ ...WORDPIECE, normalizer: null, model: { type: "Unigram", unk_id: 0, vocab } });
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    const tokens = await openTextTokens(directory, MANIFEST);
    clearInterval(count);
    expect(turns).toBeGreaterThan(20);
    expect(await tokens.unknownShares(["0 1 2"])).toHaveLength(1);
    await tokens.close();
  });
});
