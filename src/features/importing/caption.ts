/** A caption on one line: runs of white space become one space. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

const COUNT = /^\(?\d+\)?$/;
/** What cameras begin names with, a number after it or joined to it. */
const CAMERA = /^(?:IMG|DSC|DSCN|DSCF|PXL|MVIMG|VID)\d*$/i;
/** These are things too: only with a number they are what a program called its file. */
const PROGRAM = /^(?:Screenshot|Photo)$/i;
const BETWEEN_NUMBERS = /^(?:at|on|am|pm)$/i;

/**
 * What the name of a file says, without its extension: `_`, `-`, `.` and `+` part words, and numbers at the end (with
 * or without parentheses) count copies rather than name anything. `red_fox-02.jpg` is "red fox"; `0001.jpg` is "", as
 * is what a camera calls its files, such as `IMG_2041.jpg`.
 */
export const captionFromName = (name: string): string => {
  const words = oneLine(
    name
      .replace(/\.[^.]*$/, "")
      .normalize("NFC")
      .replace(/\(\d+\)$/, " $&")
      .replaceAll(/[_\-.+]/g, " "),
  ).split(" ");
  if (isCameraName(words)) return "";
  while (COUNT.test(words.at(-1) ?? "")) words.pop();
  return words.join(" ");
};

const isCameraName = ([prefix = "", ...others]: readonly string[]): boolean => {
  if (!others.every((word) => COUNT.test(word) || BETWEEN_NUMBERS.test(word))) return false;
  return CAMERA.test(prefix) || (PROGRAM.test(prefix) && others.some((word) => COUNT.test(word)));
};

/** What the name of a class's folder says: as {@link captionFromName}, but it has no extension and keeps its numbers. */
export const captionFromFolder = (name: string): string =>
  oneLine(name.normalize("NFC").replaceAll(/[_\-.+]/g, " "));
