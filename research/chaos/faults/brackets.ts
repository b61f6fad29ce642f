import { CROWD } from "../crowd.ts";
import { createFindings, type Fault } from "../fault.ts";

const BYTES = 10_000_000;
const ANSWERED_WITHIN_MS = 15_000;

const repeat = (part: string, end = ""): string => part.repeat(BYTES / part.length) + end;
const BODIES: Readonly<Record<string, () => string>> = {
  "open lists": () => repeat("["),
  "open objects": () => repeat('{"a":'),
  "empty lists": () => `[${repeat("[],", "[]]")}`,
  "nested lists, closed": () => "[".repeat(BYTES / 2) + "]".repeat(BYTES / 2),
  "lists of 60 levels": () => `[${repeat(`${"[".repeat(60)}${"]".repeat(60)},`, "0]")}`,
  "numbers in anchors": () => `{"anchors":[{"id":"a","imageVector":[${repeat("1.25,", "1]}]}")}`,
  "one string": () => `{"anchors":"${"a".repeat(BYTES)}"}`,
  "escapes in one string": () => `{"anchors":"${repeat(String.raw`\u0041`)}"}`,
};

/** Ten megabytes of brackets, or of other JSON that costs most to read, are refused and hold up nobody. */
export const brackets: Fault = {
  name: "brackets",
  share: 2,
  prepare: ({ shared }) =>
    Promise.resolve({
      round: async (random) => {
        const { found, check } = createFindings();
        const { url } = await shared();
        const [kind = "", make] = random.shuffle(Object.entries(BODIES))[0] ?? [];
        const start = performance.now();
        const { status } = await fetch(`${url}/v1/collections/${CROWD}/anchors`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: make?.() ?? "",
          signal: AbortSignal.timeout(2 * ANSWERED_WITHIN_MS),
        });
        const ms = Math.round(performance.now() - start);
        check(status === 400, `10 MB of ${kind} were answered ${status}`);
        check(ms < ANSWERED_WITHIN_MS, `10 MB of ${kind} took ${ms} ms`);
        return found;
      },
    }),
};
