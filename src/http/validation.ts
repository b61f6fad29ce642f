import { z } from "@hono/zod-openapi";
import { faultyFields, fieldPath, type FieldFault } from "../errors.ts";

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/**
 * Parses `value` by `schema`.
 *
 * @throws AnchorageError `invalid-input` whose faults name each field as the caller wrote it, such as
 * `["anchors", 3, "image", "base64"]`.
 */
export const parseWith = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value, { error: describeIssue, reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, []));
  throw faultyFields(faults, { whole: "The body " });
};

const faultsOf = (issue: Issue, at: readonly PropertyKey[]): FieldFault[] => {
  const path = [...at, ...issue.path];
  if (issue.code === "invalid_union") {
    // What the caller meant is the one alternative whose keys are those that were sent.
    const [meant, ...others] = issue.errors.filter((issues) => issues.every((inner) => !isOfShape(inner)));
    if (meant !== undefined && others.length === 0) return meant.flatMap((inner) => faultsOf(inner, path));
  }
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: fieldPath([...path, key]), message: issue.message }));
  return [{ path: fieldPath(path), message: issue.message }];
};

/** Whether an issue says that the whole value is of another shape, not that one of its fields is wrong. */
const isOfShape = (issue: Issue): boolean =>
  issue.path.length === 0 || (issue.path.length === 1 && issue.input === undefined);

const describeIssue = (issue: RawIssue): string | undefined => {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${expected(issue.expected, issue.format)}, not ${kindOf(issue.input)}`;
    case "unrecognized_keys": {
      const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
      return `is not a key that is known here; known are ${known.join(", ")}`;
    }
    case "invalid_value":
      if (issue.input === undefined) return "is required";
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_small":
      return `must ${bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    default:
      return undefined;
  }
};

const expected = (type: string, format: unknown): string => {
  if (format === "safeint" || type === "int") return "a whole number";
  if (type === "array") return "a list";
  return type === "object" ? "an object" : `a ${type}`;
};

const kindOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return "a fraction";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};

const bound = (origin: string, comparison: string, limit: number | bigint): string => {
  if (origin === "array" || origin === "set")
    return `hold ${comparison} ${limit} item${limit === 1 ? "" : "s"}`;
  if (origin === "string") return `have ${comparison} ${limit} character${limit === 1 ? "" : "s"}`;
  return `be ${comparison} ${limit}`;
};
