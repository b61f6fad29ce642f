import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { dataFolder, SAMPLE_PACKAGE } from "../files/data-packages/index.ts";

/** One emoji as Unicode's CLDR describes it in English. */
export interface Emoji {
  /** Code points in upper-case hex, joined by dashes. */
  readonly hexcode: string;
  readonly emoji: string;
  readonly label: string;
  readonly tags: readonly string[];
  readonly group: string;
  readonly subgroup: string;
}

const entries = z.array(
  z.object({
    hexcode: z.string(),
    emoji: z.string(),
    label: z.string(),
    tags: z.array(z.string()).default([]),
    group: z.number().optional(),
    subgroup: z.number().optional(),
    order: z.number().optional(),
  }),
);

const names = z.array(z.object({ key: z.string(), order: z.number() }));
const messages = z.object({ groups: names, subgroups: names });

/** Skin tones and hair are parts of other emoji, not pictures of their own. */
const COMPONENTS = "component";

/** Every emoji but its skin-toned variants, in CLDR's order. */
export const readEmoji = async (dataDir: string | null = null): Promise<Emoji[]> => {
  const directory = join(dataFolder(SAMPLE_PACKAGE, dataDir, "emojibase-data"), "en");
  const [data, named] = await Promise.all([
    readFile(join(directory, "data.json"), "utf8"),
    readFile(join(directory, "messages.json"), "utf8"),
  ]);
  const { groups, subgroups } = messages.parse(JSON.parse(named));
  const groupNames = new Map(groups.map(({ key, order }) => [order, key]));
  const subgroupNames = new Map(subgroups.map(({ key, order }) => [order, key]));
  return entries
    .parse(JSON.parse(data))
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .flatMap(({ hexcode, emoji, label, tags, group, subgroup }) => {
      const name = groupNames.get(group ?? -1);
      if (name === undefined || name === COMPONENTS) return [];
      return [
        { hexcode, emoji, label, tags, group: name, subgroup: subgroupNames.get(subgroup ?? -1) ?? "" },
      ];
    });
};
