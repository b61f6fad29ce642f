import { readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { AnchorageError } from "../errors.ts";
import { protobufFields } from "../onnx/index.ts";

/** The messages of onnx.proto that can contain tensors: message type by field number. */
const FIELDS = {
  model: { 7: "graph", 25: "function" },
  function: { 7: "node" },
  graph: { 1: "node", 5: "tensor" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph" },
  tensor: { 13: "entry" },
  entry: {},
} as const satisfies Record<string, Record<number, string>>;

type Message = keyof typeof FIELDS;

/**
 * Lists the external weight files that an ONNX model references.
 *
 * @param model path of the ONNX file, relative to `directory`
 * @returns sorted paths, relative to `directory`
 * @throws AnchorageError `corrupt-file` if the file is not ONNX or references a file outside of `directory`
 * @example
 * ```ts
 * await externalDataOf("/models/clip", "onnx/model.onnx"); // such as ["onnx/model.onnx_data"]
 * ```
 */
export const externalDataOf = async (directory: string, model: string): Promise<string[]> => {
  const locations = new Set<string>();
  const bytes = await readFile(join(directory, model));
  try {
    collect(bytes, "model", locations);
  } catch (error) {
    throw new AnchorageError("corrupt-file", `${model} is not an ONNX file.`, { cause: error });
  }
  return [...locations].sort().map((location) => {
    const path = posix.normalize(posix.join(dirname(model).replaceAll("\\", "/"), location));
    if (!isInside(path))
      throw new AnchorageError(
        "corrupt-file",
        `${model} refers to weights outside of its folder: ${location}`,
      );
    return path;
  });
};

/** Whether a relative path from a manifest or a model hub stays within its folder. */
export const isInside = (path: string): boolean =>
  path !== "" &&
  !/[\\\0:]/.test(path) &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

const collect = (bytes: Uint8Array, message: Message, locations: Set<string>): void => {
  const children: Readonly<Record<number, Message>> = FIELDS[message];
  const texts: string[] = [];
  for (const { number, bytes: inner } of protobufFields(bytes)) {
    if (inner === undefined) continue;
    if (message === "entry") texts[number] = new TextDecoder().decode(inner);
    const child = children[number];
    if (child !== undefined) collect(inner, child, locations);
  }
  // StringStringEntryProto: the key is field 1, the value field 2.
  if (texts[1] === "location" && texts[2] !== undefined) locations.add(texts[2]);
};
