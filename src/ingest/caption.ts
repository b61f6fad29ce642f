/** A caption on one line: runs of white space become one space. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/**
 * What the name of a file says, without its extension: `_`, `-`, `.` and `+` part words, and numbers at the end (with
 * or without parentheses) count copies rather than name anything. `red_fox-02.jpg` is "red fox"; `0001.jpg` is "".
 */
export const captionFromName = (name: string): string =>
  oneLine(
    name
      .replace(/\.[^.]*$/, "")
      .normalize("NFC")
      .replaceAll(/[_\-.+]/g, " ")
      .replace(/(?:\s*\(?\b\d+\)?\s*)+$/, ""),
  );

/** What the name of a class's folder says: as {@link captionFromName}, but it has no extension and keeps its numbers. */
export const captionFromFolder = (name: string): string =>
  oneLine(name.normalize("NFC").replaceAll(/[_\-.+]/g, " "));
