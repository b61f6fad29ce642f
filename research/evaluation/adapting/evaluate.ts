import type { Collections } from "../../../src/collections/index.ts";
import type { EncoderRegistry } from "../../../src/encoders/index.ts";
import type { Progress } from "../../../src/progress.ts";
import { readPairs, VENDORS } from "../../../src/features/sample/index.ts";
import type { Log } from "../../../src/types.ts";
import { BEST } from "../emoji-configurations.ts";
import { embedEmoji } from "../emoji-vectors.ts";
import { DOMAINS, textsOf } from "./domains.ts";
import { adaptLive } from "./live.ts";
import type { AdaptingReport } from "./report.ts";
import { adapt, type Adaptation } from "./runs.ts";

/**
 * Measures how accuracy on an emoji group, or on a vendor's style, that no anchor shows grows as pairs of it are added;
 * and does the same once in a collection of `collections`.
 *
 * @throws the signal's reason where it aborts; image vectors that were made are kept under `directory`.
 */
export const evaluateAdapting = async (options: {
  readonly registry: EncoderRegistry;
  readonly collections: Collections;
  readonly directory: string;
  readonly seeds: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly progress: (label: string, unit: string) => Progress;
}): Promise<AdaptingReport> => {
  const { seeds, signal, progress, collections, log } = options;
  const emoji = await embedEmoji({
    ...options,
    imageEncoder: undefined,
    textEncoder: undefined,
    texts: textsOf,
  });
  const { k, p, transform } = BEST;
  const settings = { k, p, transform };
  const domains: Adaptation[] = [];
  for (const domain of DOMAINS) {
    const bar = progress(domain.name, "trials");
    const onProgress = (done: number, total: number): void => bar.update(done, total);
    domains.push(
      await adapt(domain, emoji, settings, { seeds, signal, onProgress }).finally(() => bar.stop()),
    );
  }
  const [first] = DOMAINS;
  if (first === undefined) throw new RangeError("there is no domain");
  log.info("the same once more in a collection on Postgres");
  const drawn = await readPairs(VENDORS.map(({ id }) => id));
  const images = new Map(drawn.map(({ id, image }) => [id as string, image]));
  const live = await adaptLive(collections, first.draw(emoji, 0), emoji, images, settings);
  return {
    about: `${seeds} draws of the pairs that are added; k = ${k}, p = ${p}, transform ${transform}`,
    settings: { ...settings, seeds, encoders: [emoji.image, emoji.text] },
    domains,
    live,
  };
};
