const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;

/** The cells of a CSV text (RFC 4180), line by line; empty lines are left out. */
export const parseCsv = (text: string): readonly (readonly string[])[] => {
  const lines: string[][] = [[]];
  const clean = text.replace(/^\uFEFF/, "");
  for (const [, quoted, plain = "", end] of clean.matchAll(CELL)) {
    lines.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "") break;
    if (end !== ",") lines.push([]);
  }
  return lines.filter((cells) => cells.some((cell) => cell !== ""));
};
