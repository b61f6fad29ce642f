import { createReadStream } from "node:fs";
import { z } from "zod";
import { AnchorageError } from "../../errors.ts";
import { jsonLines } from "../../json-lines.ts";
import { vector as base64Vector } from "../../api/values.ts";
import { numbersOf } from "../../store/float32.ts";
import type { AnchorId } from "../../types.ts";
import type { Suspect } from "./types.ts";

const decoded = (value: unknown): unknown =>
  typeof value === "string" && base64Vector.safeParse(value).success ? numbersOf(value) : value;

const vector = z
  .preprocess(
    decoded,
    z.array(z.number(), { error: "must be a list of numbers or base64" }).min(1, "must not be empty"),
  )
  .transform((values) => Float32Array.from(values))
  .nullish();

/** An anchor as `PUT /anchors` accepts it and `GET /anchors?vectors=true` returns it; other fields are ignored. */
const lineSchema = z
  .object(
    {
      id: z.string({ error: "must be a text" }).min(1, "must not be empty").nullish(),
      text: z.string({ error: "must be a text" }).nullish(),
      caption: z.string({ error: "must be a text" }).nullish(),
      metadata: z.record(z.string(), z.json(), { error: "must be an object" }).nullish(),
      imageVector: vector,
      textVector: vector,
    },
    { error: "is not a JSON object" },
  )
  .transform(({ id, text, caption, metadata, imageVector, textVector }): Omit<Suspect, "source"> => ({
    id: (id ?? null) as AnchorId | null,
    caption: text ?? caption ?? null,
    metadata: metadata ?? null,
    imageVector: imageVector ?? null,
    textVector: textVector ?? null,
  }))
  .refine(
    ({ caption, imageVector, textVector }) =>
      (caption ?? "") !== "" || imageVector !== null || textVector !== null,
    "has none of text, imageVector and textVector, by which it could be looked for",
  );

/**
 * Reads anchors from a file of one JSON object a line.
 *
 * @throws AnchorageError `invalid-input` that names the line, if a line is invalid or the file cannot be read
 */
export const readSuspects = async (file: string): Promise<Suspect[]> => {
  const suspects: Suspect[] = [];
  let line = 0;
  try {
    for await (const text of jsonLines(createReadStream(file))) {
      line++;
      if (text.trim() !== "") suspects.push(parseLine(text, `${file}:${line}`));
    }
  } catch (error) {
    const reason = FILE_FAULTS[(error as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw error;
    throw new AnchorageError("invalid-input", `${file}: ${reason}`, { cause: error });
  }
  if (suspects.length === 0) throw new AnchorageError("invalid-input", `${file}: holds no anchor`);
  return suspects;
};

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "is a folder",
  ENOTDIR: "there is no such file",
  EACCES: "may not be read",
};

const parseLine = (text: string, where: string): Suspect => {
  const parsed = lineSchema.safeParse(parseJson(text));
  if (parsed.success) return { ...parsed.data, source: where };
  const [issue] = parsed.error.issues;
  const path = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")} `;
  throw new AnchorageError("invalid-input", `${where}: ${path}${issue?.message ?? ""}`);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
