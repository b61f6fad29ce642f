import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { isPlugged } from "../../api/methods.ts";
import type { MethodPlug } from "../../asif/index.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { httpMethod } from "./http.ts";

/** The exports of a module. */
const moduleSchema = z.object({
  fit: z.custom<MethodPlug["fit"]>((value) => typeof value === "function", "must export a function `fit`"),
});

/**
 * Opens the methods that the setting `CLASSIFICATION_METHODS` lists: `name=where`, separated by commas or spaces,
 * where `where` is the path of an ES module that exports `fit` (see {@link MethodPlug}) or the address of an endpoint
 * (see {@link httpMethod}).
 *
 * @throws AnchorageError `invalid-input` for an invalid entry, a duplicate name, or a module that cannot be loaded
 *
 * @example
 * ```ts
 * await openMethods("knn=./knn.mjs, forest=http://127.0.0.1:9000/");
 * // [{ name: "plug:knn", fit }, { name: "plug:forest", fit }]
 * ```
 */
export const openMethods = async (setting: string): Promise<MethodPlug[]> => {
  const entries = setting.split(/[\s,]+/).filter((entry) => entry !== "");
  const opened = await Promise.all(entries.map(openMethod));
  const twice = opened.find(({ name }, i) => opened.findIndex((other) => other.name === name) < i);
  if (twice !== undefined) throw refused(`the method "${twice.name}" is listed twice`);
  return opened;
};

const openMethod = async (entry: string): Promise<MethodPlug> => {
  const split = entry.indexOf("=");
  const name = `plug:${entry.slice(0, split)}`;
  const where = entry.slice(split + 1);
  if (split < 1 || where === "" || !isPlugged(name))
    throw refused(`"${entry}" is not NAME=FILE or NAME=URL with a name of a-z, 0-9 and -`);
  if (/^https?:\/\//.test(where)) return httpMethod(name, where);
  try {
    const loaded: unknown = await import(pathToFileURL(resolve(where)).href);
    return { name, fit: moduleSchema.parse(loaded).fit };
  } catch (error) {
    throw refused(`the method "${name}" cannot be loaded from ${where}: ${messageOf(error)}`);
  }
};

const refused = (what: string): AnchorageError =>
  new AnchorageError("invalid-input", `CLASSIFICATION_METHODS: ${what}`);
