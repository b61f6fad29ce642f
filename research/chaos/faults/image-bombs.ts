import { gzipSync } from "node:zlib";
import sharp from "sharp";
import type { Random } from "../../../src/math/random.ts";
import { createFindings, type Fault } from "../fault.ts";
import { openCollection } from "../service.ts";

const AT_ONCE = 4;
const OTHERS_WITHIN_MS = 5_000;
/** An image waits for 60 s at most, and has 4 s of processor time, which a machine with other work gives it slowly. */
const ANSWERED_WITHIN_MS = 120_000;

const drawing = (content: string, size = 64): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}">${content}</svg>`);

const textBomb = (random: Random): Buffer =>
  gzipSync(drawing(`<text y="9">${"a".repeat((1 + random.integer(10)) * 1_000_000)}</text>`), { level: 9 });

const spaces = (random: Random): Buffer =>
  gzipSync(drawing(" ".repeat((20 + random.integer(80)) * 1_000_000)));

/** Each mask is drawn twice by the next. */
const masks = (random: Random): Buffer => {
  const levels = Array.from({ length: 12 + random.integer(8) }, (_, i) => i);
  const square = (mask: number): string => `<rect width="64" height="64" fill="#fff" mask="url(#m${mask})"/>`;
  const defs = levels.map((i) => `<mask id="m${i + 1}">${square(i).repeat(2)}</mask>`).join("");
  const first = '<mask id="m0"><rect width="64" height="64" fill="#fff"/></mask>';
  return drawing(`<defs>${first}${defs}</defs>${square(levels.length)}`);
};

const blank = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "#888" }, limitInputPixels: false });

/** Pictures and drawings of a few kilobytes that cost most to decode are bounded, and others are decoded beside them. */
export const imageBombs: Fault = {
  name: "image-bombs",
  share: 3,
  prepare: async ({ shared }) => {
    const avif = await blank(6_000).avif({ effort: 0 }).toBuffer();
    const png = await blank(13_000).png({ compressionLevel: 9 }).toBuffer();
    const bombs: Readonly<Record<string, (random: Random) => Buffer>> = {
      "gzipped SVG with a long text": textBomb,
      "gzipped SVG of spaces": spaces,
      "SVG with nested masks": masks,
      AVIF: () => avif,
      PNG: () => png,
    };
    const tally = new Map<string, number>();
    return {
      round: async (random) => {
        const { found, check } = createFindings();
        const service = await shared();
        await openCollection(service, "bombs", 2);
        const put = async (id: string, image?: Buffer) => {
          const start = performance.now();
          const picture = image === undefined ? {} : { image: { base64: image.toString("base64") } };
          const anchor = { id, ...picture, text: id, imageVector: [1, 1], textVector: [1, 1] };
          const { status } = await fetch(`${service.url}/v1/collections/bombs/anchors`, {
            method: "PUT",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ anchors: [anchor] }),
            signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
          });
          return { status, ms: performance.now() - start };
        };
        const [kind = "", make] = random.shuffle(Object.entries(bombs))[0] ?? [];
        const bombing = Array.from({ length: AT_ONCE }, (_, i) => put(`bomb${i}`, make?.(random)));
        const others = await Promise.all([
          put("image", drawing("<rect width='9' height='9'/>")),
          put("text"),
        ]);
        for (const [i, { status, ms }] of others.entries()) {
          const what = i === 0 ? "a small drawing" : "a text";
          check(status === 200, `${what} beside ${kind} was answered ${status}`);
          check(ms < OTHERS_WITHIN_MS, `${what} beside ${kind} took ${Math.round(ms)} ms`);
        }
        for (const { status } of await Promise.all(bombing)) {
          tally.set(`${kind} ${status}`, (tally.get(`${kind} ${status}`) ?? 0) + 1);
          check([200, 400, 413, 503].includes(status), `${kind} was answered ${status}`);
        }
        return found;
      },
      summary: () => [...tally].map(([answer, count]) => `${count} times ${answer}`).join(", "),
    };
  },
};
