import { open, readFile } from "node:fs/promises";
import { z } from "zod";
import { readImageFields } from "../../encoders/index.ts";
import { readImageFile } from "../files/index.ts";
import type { JsonValue, Metadata } from "../../types.ts";
import { oneLine } from "./caption.ts";

/** What an image, or an `.xmp` beside it, says of itself. */
export interface EmbeddedFields {
  /** Null if nothing describes the image. */
  readonly caption: { readonly text: string; readonly label: string } | null;
  /** Of `headline`, `keywords`, `date`, `place`, `latitude` and `longitude`, those that it has. */
  readonly metadata: Metadata;
}

const NOTHING: EmbeddedFields = { caption: null, metadata: {} };

/** Formats whose fields are read. */
const JPEG = /\.(jpe?g|jpe|jfif)$/i;
const WITH_FIELDS = /\.(jpe?g|jpe|jfif|tiff?|png|avif)$/i;
/** What cameras and programs write into descriptions by themselves. */
const BY_PROGRAM =
  /^(?:olympus digital camera|konica minolta digital camera|minolta dsc|sony dsc|samsung(?: camera pictures)?|dcim\\.*|digital camera|exif[_ ]jpeg[_ ]picture|created with .*|screenshot|untitled|default|description|image description|charset=.*)$/i;

const text = z.union([z.string(), z.number()]).transform(String);
/** XMP has a text for each language, with `x-default` first. */
const localized = z
  .union([text, z.looseObject({ value: text }), z.array(z.union([text, z.looseObject({ value: text })]))])
  .transform((value) => {
    const [first] = Array.isArray(value) ? value : [value];
    return typeof first === "object" ? first.value : (first ?? "");
  });
const texts = z.union([text, z.array(text)]).transform((value) => (Array.isArray(value) ? value : [value]));
const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const fieldsSchema = z.looseObject({
  iptc: optional(
    z.looseObject({
      Caption: optional(localized),
      Headline: optional(localized),
      Keywords: optional(texts),
      DateCreated: optional(text),
      Sublocation: optional(text),
      City: optional(text),
      State: optional(text),
      Country: optional(text),
    }),
  ),
  dc: optional(z.looseObject({ description: optional(localized), subject: optional(texts) })),
  photoshop: optional(
    z.looseObject({
      Headline: optional(localized),
      DateCreated: optional(text),
      City: optional(text),
      State: optional(text),
      Country: optional(text),
    }),
  ),
  ifd0: optional(z.looseObject({ ImageDescription: optional(text) })),
  exif: optional(z.looseObject({ DateTimeOriginal: optional(text) })),
  gps: optional(
    z.looseObject({
      latitude: optional(z.number().min(-90).max(90)),
      longitude: optional(z.number().min(-180).max(180)),
    }),
  ),
});

/** A JPEG has its fields before its pixels. */
const HEAD_BYTES = 1024 * 1024;

/**
 * Reads the IPTC, XMP and EXIF fields of a JPEG, TIFF, PNG or AVIF file. A file that cannot be read has none; that is
 * reported when its image is read.
 */
export const readEmbedded = async (path: string): Promise<EmbeddedFields> => {
  if (!WITH_FIELDS.test(path)) return NOTHING;
  try {
    const bytes = await (JPEG.test(path) ? readHead(path) : readImageFile(path));
    return fieldsOf(await readImageFields(bytes, "image"));
  } catch {
    return NOTHING;
  }
};

/** Reads an XMP file that lies beside an image. */
export const readXmp = async (path: string): Promise<EmbeddedFields> => {
  return fieldsOf(await readImageFields(await readFile(path), "sidecar").catch(() => undefined));
};

const readHead = async (path: string): Promise<Uint8Array> => {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const fieldsOf = (found: unknown): EmbeddedFields => {
  const parsed = fieldsSchema.safeParse(found);
  if (!parsed.success) return NOTHING;
  const { iptc, dc, photoshop, ifd0, exif, gps } = parsed.data;
  const keywords = [...new Set([...(iptc?.Keywords ?? []), ...(dc?.subject ?? [])].map(readable))].filter(
    (word) => word !== "",
  );
  const headline = firstOf(iptc?.Headline, photoshop?.Headline);
  const place = [
    firstOf(iptc?.Sublocation),
    firstOf(iptc?.City, photoshop?.City),
    firstOf(iptc?.State, photoshop?.State),
    firstOf(iptc?.Country, photoshop?.Country),
  ].filter((part) => part !== undefined);
  const captions = [
    ["IPTC captions", firstOf(iptc?.Caption)],
    ["XMP descriptions", firstOf(dc?.description)],
    ["EXIF descriptions", firstOf(ifd0?.ImageDescription)],
    ["headlines", headline],
    ["keywords", keywords.length === 0 ? undefined : keywords.join(", ")],
  ] as const;
  const [caption = null] = captions.flatMap(([label, value]) =>
    value === undefined ? [] : [{ text: value, label }],
  );
  return {
    caption,
    metadata: present({
      headline,
      keywords: keywords.length === 0 ? undefined : keywords,
      date: dateOf(firstOf(exif?.DateTimeOriginal, photoshop?.DateCreated, iptc?.DateCreated)),
      place: place.length === 0 ? undefined : place.join(", "),
      latitude: gps?.latitude,
      longitude: gps?.longitude,
    }),
  };
};

/** The first text that a person wrote, on one line. */
const firstOf = (...values: readonly (string | undefined)[]): string | undefined =>
  values.map((value) => readable(value ?? "")).find((value) => value !== "" && !BY_PROGRAM.test(value));

/** IPTC and EXIF do not say how texts are encoded; the reader takes bytes for Latin-1, most programs write UTF-8. */
const readable = (value: string): string => {
  const line = oneLine(value.replaceAll("\0", " "));
  if (!/[\x80-\xff]/.test(line) || /[^\0-\xff]/.test(line)) return line;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(line, "latin1"));
  } catch {
    return line;
  }
};

/** EXIF writes `2019:05:04 12:33:10`, IPTC `20190504`; no zone is known. */
const dateOf = (written: string | undefined): string | undefined => {
  const [, year, month, day, rest = ""] = /^(\d{4})[:-]?(\d\d)[:-]?(\d\d)(.*)$/.exec(written ?? "") ?? [];
  if (year === undefined || year === "0000") return undefined;
  return `${year}-${month ?? ""}-${day ?? ""}${rest.replace(/^ /, "T")}`;
};

const present = (fields: Readonly<Record<string, JsonValue | undefined>>): Metadata =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
