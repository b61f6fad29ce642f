import { z } from "zod";
import type { CollectionName } from "./types.ts";

export { z };

/** An option that must be given. */
export const requiredText = z.string({ error: "is required" }).min(1, "must not be empty");

/** For a command that takes options alone. */
export const noArguments = z.array(z.string()).max(0, "takes no arguments, only options");

/** The name of a collection. */
export const collectionOption = z
  .string({ error: "is required" })
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be 1 to 63 of a-z, 0-9, _ and -, the first a letter or a digit")
  .transform((name) => name as CollectionName);

/** The text of a whole number. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** The text of a JSON object, such as a filter or metadata. */
export const jsonObject = z.string().transform((text, context): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Reported below, like JSON that is no object.
  }
  context.addIssue({ code: "custom", message: `must be a JSON object, such as '{"owner": "ann"}'` });
  return z.NEVER;
});
