const MAX_SHOWN = 100;

/** An opening tag with its attributes, so that a `>` within a value does not end it. */
const TAG = /<([a-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)/gi;
const REFERENCE = /\s(?:[\w.-]+:)?(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const CSS = /url\(\s*(?:"([^"]*)"|'([^']*)'|([^)"'\s]*))\s*\)|@import\s+(?:"([^"]*)"|'([^']*)')/gi;
const ENTITY = /<!ENTITY[^>]*?(?:SYSTEM|PUBLIC\s*(?:"[^"]*"|'[^']*'))\s*(?:"([^"]*)"|'([^']*)')/gi;
const STYLESHEET = /<\?xml-stylesheet[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;

/**
 * Finds what a drawing refers to outside of itself: an image, a stylesheet, an entity. Links that a reader could follow
 * (`<a href>`) and references within the drawing (`#id`, `data:`) do not count.
 *
 * @param bytes an SVG file, not compressed
 * @returns the first reference; null if there is none
 */
export const outsideReference = (bytes: Uint8Array): string | null => {
  const text = textOf(bytes).replaceAll(/<!--[\s\S]*?-->/g, "");
  const references: string[] = [];
  for (const [, name = "", attributes = ""] of text.matchAll(TAG))
    if (name !== "a" && !name.endsWith(":a")) references.push(...valuesIn(attributes, REFERENCE));
  references.push(...valuesIn(text, CSS), ...valuesIn(text, ENTITY), ...valuesIn(text, STYLESHEET));
  const found = references.map((value) => value.trim()).find(isOutside);
  if (found === undefined) return null;
  return found.length > MAX_SHOWN ? `${found.slice(0, MAX_SHOWN)}...` : found;
};

const isOutside = (reference: string): boolean =>
  reference !== "" && !/^(?:#|&#35;|&#x23;|data:)/i.test(reference);

/** Each pattern has a group for each way in which a value can be quoted; the others are undefined in a match. */
const valuesIn = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), (match) => match.slice(1).join(""));

const textOf = (file: Uint8Array): string => {
  const [first, second] = file;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(file);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(file);
  return new TextDecoder().decode(file);
};
