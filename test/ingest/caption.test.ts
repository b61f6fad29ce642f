import { describe, expect, it } from "vitest";
import { captionFromFolder, captionFromName } from "../../src/ingest/caption.ts";

describe("a caption from a file's name", () => {
  it.each([
    ["red_fox.jpg", "red fox"],
    ["red-fox+at.night.png", "red fox at night"],
    ["red_fox-02.jpg", "red fox"],
    ["red fox (3).webp", "red fox"],
    ["red fox 12 (3).webp", "red fox"],
    ["boeing 747 landing.jpg", "boeing 747 landing"],
    ["f16.jpg", "f16"],
    ["0001.jpg", ""],
    ["(2).jpg", ""],
    ["  red \t fox  .jpg", "red fox"],
    ["cafe\u{301}.jpg", "caf\u{e9}"],
  ])("of %j is %j", (name, caption) => {
    expect(captionFromName(name)).toBe(caption);
  });
});

describe("a caption from a folder's name", () => {
  it.each([
    ["African_elephant", "African elephant"],
    ["boeing-747", "boeing 747"],
    ["n01440764", "n01440764"],
  ])("of %j is %j, numbers kept", (name, caption) => {
    expect(captionFromFolder(name)).toBe(caption);
  });
});
