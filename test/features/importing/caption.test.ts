import { describe, expect, it } from "vitest";
import { captionFromFolder, captionFromName } from "../../../src/features/importing/caption.ts";

describe("a caption from a file's name", () => {
  it.each([
    ["red_fox.jpg", "red fox"],
    ["red-fox+at.night.png", "red fox at night"],
    ["red_fox-02.jpg", "red fox"],
    ["red fox (3).webp", "red fox"],
    ["red fox 12 (3).webp", "red fox"],
    ["boeing 747 landing.jpg", "boeing 747 landing"],
    ["red fox(3).webp", "red fox"],
    ["f16.jpg", "f16"],
    ["0001.jpg", ""],
    ["(2).jpg", ""],
    ["  red \t fox  .jpg", "red fox"],
    ["cafe\u{301}.jpg", "caf\u{e9}"],
  ])("of %j is %j", (name, caption) => {
    expect(captionFromName(name)).toBe(caption);
  });

  it.each([
    ["IMG_2041.png", ""],
    ["img 2041 (1).jpg", ""],
    ["_DSC0012.jpg", ""],
    ["DSCN0001.JPG", ""],
    ["PXL_20230101_123456789.jpg", ""],
    ["VID.mp4", ""],
    ["Screenshot 2024-01-02 at 10.11.12.png", ""],
    ["Photo on 2024-01-02.jpg", ""],
    ["photo.svg", "photo"],
    ["IMG_2041 red fox.jpg", "IMG 2041 red fox"],
  ])("of %j, a camera's or a program's name, is %j", (name, caption) => {
    expect(captionFromName(name)).toBe(caption);
  });

  it("of a long row of numbers before a word is all of it", () => {
    const numbers = Array.from({ length: 5_000 }, (_, i) => i);
    expect(captionFromName(`${numbers.join("_")}_x.jpg`)).toBe(`${numbers.join(" ")} x`);
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
