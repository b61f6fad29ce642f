interface SectionEntry {
  readonly title: string;
  /** The rail draws a line between groups. */
  readonly group: "answers" | "insight" | "service";
}

/** The sections of the page in the order of the rail; the address names them by their keys. */
const ENTRIES = {
  ask: { title: "Ask", group: "answers" },
  anchors: { title: "Anchors", group: "answers" },
  add: { title: "Add", group: "answers" },
  forget: { title: "Forget", group: "answers" },
  map: { title: "Map", group: "insight" },
  health: { title: "Data health", group: "insight" },
  quality: { title: "Quality", group: "insight" },
  encoders: { title: "Encoders", group: "insight" },
  consensus: { title: "Consensus", group: "insight" },
  service: { title: "Service", group: "service" },
} as const satisfies Readonly<Record<string, SectionEntry>>;

export type Section = keyof typeof ENTRIES;

export const SECTIONS: Readonly<Record<Section, SectionEntry>> = ENTRIES;

const NAMES = Object.keys(SECTIONS) as readonly Section[];

/** The sections of a group, in the order of the rail. */
export const sectionsOf = (group: SectionEntry["group"]): readonly Section[] =>
  NAMES.filter((name) => SECTIONS[name].group === group);

/** The section that an address names, else the first. */
export const readSection = (name: string): Section => NAMES.find((each) => each === name) ?? "ask";
