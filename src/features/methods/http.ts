import { z } from "zod";
import type { PluggedMethod } from "../../api/methods.ts";
import type { MethodPlug } from "../../asif/index.ts";
import { AnchorageError, messageOf } from "../../errors.ts";
import { createSlices } from "../../math/slices.ts";

/** A fit of many anchors is slow, a score is not. */
const FIT_MS = 600_000;
const SCORE_MS = 30_000;

const fitAnswer = z.object({ fitted: z.unknown() });
const scoreAnswer = z.object({ scores: z.array(z.array(z.number())) });

/**
 * A method behind an HTTP endpoint in any language. It receives two kinds of JSON by POST:
 *
 * - `{"fit": {"ids", "captions", "images": [[..]], "texts": [[..]]}}`, answered `{"fitted": anything}`;
 * - `{"score": {"fitted": what it answered, "images": [[..]], "texts": [[..]]}}`, answered `{"scores": [[..]]}`, one
 * row per image and one column per text.
 *
 * Calls throw AnchorageError `unavailable` if there is no valid answer in time.
 */
export const httpMethod = (name: PluggedMethod, url: string): MethodPlug => {
  const ask = async <Answer>(body: Blob, schema: z.ZodType<Answer>, ms: number): Promise<Answer> => {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(ms),
      });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return schema.parse(await response.json());
    } catch (error) {
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new AnchorageError("unavailable", `The method "${name}" at ${url}: ${messageOf(reason)}`, {
        cause: error,
      });
    }
  };

  return {
    name,
    fit: async (anchors) => {
      const { ids, captions, imageDimension, textDimension } = anchors;
      const rows = async (images: Float32Array, texts: Float32Array) => ({
        images: await jsonRows(images, imageDimension),
        texts: await jsonRows(texts, textDimension),
      });
      const shown = await rows(anchors.images, anchors.texts);
      const labels = `"ids":${JSON.stringify(ids)},"captions":${JSON.stringify(captions)}`;
      const { fitted } = await ask(bodyOf("fit", labels, shown), fitAnswer, FIT_MS);
      const known = `"fitted":${JSON.stringify(fitted ?? null)}`;
      return {
        score: async (images, texts) => {
          const asked = bodyOf("score", known, await rows(images, texts));
          return (await ask(asked, scoreAnswer, SCORE_MS)).scores.flat();
        },
      };
    },
  };
};

/** The JSON of a matrix in chunks, because that of many anchors exceeds the maximum length of a string. */
const jsonRows = async (values: Float32Array, d: number): Promise<string[]> => {
  const pieces: string[] = [];
  const slices = createSlices();
  for (let first = 0; first < values.length; first += d) {
    if (slices.due()) await slices.rest();
    pieces.push(first === 0 ? "" : ",", JSON.stringify(Array.from(values.subarray(first, first + d))));
  }
  return pieces;
};

const bodyOf = (
  kind: "fit" | "score",
  first: string,
  { images, texts }: { readonly images: string[]; readonly texts: string[] },
): Blob => new Blob([`{"${kind}":{${first},"images":[`, ...images, `],"texts":[`, ...texts, "]}}"]);
