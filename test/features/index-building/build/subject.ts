import {
  openAnchorSpace,
  readProfile,
  type AnchorSpace,
  type BuildSubject,
  type GraphProfile,
} from "../../../../src/retrieval/index.ts";
import type { Sequence, Transform } from "../../../../src/types.ts";
import { randomAnchors, upsertsOf } from "../../../support/anchor-space.ts";
import type { NaiveAnchor } from "../../../support/naive-asif.ts";
import { silentLog } from "../../../support/log.ts";
import { openBuildFolder } from "../../../../src/features/index-building/build/build.ts";

export const DIMENSIONS = { image: 24, text: 16 };
export const profile: GraphProfile = {
  ...readProfile("hnsw"),
  hnsw: { m: 16, efConstruction: 100, ef: 64 },
};

export const anchorsOf = (count: number, seed = 1): NaiveAnchor[] => randomAnchors(count, seed, DIMENSIONS);

/** A collection's memory, as a service or a build holds it. */
export const openSpace = async (
  anchors: readonly NaiveAnchor[],
  transform: Transform = "none",
): Promise<AnchorSpace> => {
  const space = await openAnchorSpace({
    imageDimension: DIMENSIONS.image,
    textDimension: DIMENSIONS.text,
    transform,
  });
  space.apply({ sequence: 1 as Sequence, upserts: upsertsOf(anchors), deletes: [] });
  return space;
};

export const subjectOf = (space: AnchorSpace, transform: Transform = "none"): BuildSubject => ({
  collection: { name: "birds", createdAt: "2024-01-01T00:00:00.000Z" },
  encoders: {
    image: { id: "i", sha256: "1", dimension: DIMENSIONS.image },
    text: { id: "t", sha256: "2", dimension: DIMENSIONS.text },
  },
  transform,
  view: space.view(),
});

export const build = async (
  folder: string,
  subject: BuildSubject,
  options: Partial<Parameters<Awaited<ReturnType<typeof openBuildFolder>>["build"]>[1]> = {},
) => {
  const opened = await openBuildFolder(folder, subject.collection.name);
  try {
    return await opened.build(subject, {
      kind: "hnsw",
      profile,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      log: silentLog,
      ...options,
    });
  } finally {
    await opened.close();
  }
};
