import type { DecoderModel } from "../../epalm/index.ts";
import { invalidField, isAnchorageError, type FieldPath } from "../../../errors.ts";
import { GENERATOR_SCHEMAS, type GeneratorName, type GeneratorSpecOf } from "../api/generators.ts";
import {
  createAnchorsGenerator,
  createCaptionsGenerator,
  createClassNamesGenerator,
  createExpansionGenerator,
  createHttpGenerator,
  createLanguageModelGenerator,
  createListGenerator,
  createMutationGenerator,
  createPhrasesGenerator,
  createTagsGenerator,
  createTemplateGenerator,
} from "../generators/index.ts";
import type { GeneratorEntry, GeneratorSpec, LanguageModels } from "../plug.ts";

const TEXT = ["text"] as const;

/** The name that it has in the answer. */
const nameOf = ({ name, as }: GeneratorSpec): string => as ?? name;

/** The generators of consensus itself, one entry for each schema. */
export const GENERATORS: { readonly [Name in GeneratorName]: GeneratorEntry<GeneratorSpecOf<Name>> } = {
  list: {
    description: "What the request brings, in order.",
    kinds: ["text", "anchor", "vector", "steps"],
    needs: "nothing",
    cost: "arithmetic",
    schema: GENERATOR_SCHEMAS.list,
    proposalsOf: ({ proposals }) => proposals,
    make: (spec) => createListGenerator({ name: nameOf(spec), payloads: spec.proposals }),
  },
  captions: {
    description: "Captions of the anchors that are nearest to the condition.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.captions,
    make: (spec, { scene }) => createCaptionsGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  anchors: {
    description: "The anchors that are nearest to the condition, as images.",
    kinds: ["anchor"],
    needs: "either",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.anchors,
    make: (spec, { scene }) => createAnchorsGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  "class-names": {
    description: "Every value of a metadata field, the most frequent first.",
    kinds: TEXT,
    needs: "nothing",
    cost: "arithmetic",
    schema: GENERATOR_SCHEMAS["class-names"],
    fieldOf: ({ field }) => field,
    make: (spec, { scene }) => createClassNamesGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  tags: {
    description: "What the nearest anchors have in a metadata field, such as a list of tags.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.tags,
    fieldOf: ({ field }) => field,
    make: (spec, { scene }) => createTagsGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  phrases: {
    description: "Runs of words that captions of the nearest anchors have more often than others.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.phrases,
    make: (spec, { scene }) => createPhrasesGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  template: {
    description: "A text with places that are filled by words; later one word of what survived is changed.",
    kinds: TEXT,
    needs: "nothing",
    cost: "arithmetic",
    schema: GENERATOR_SCHEMAS.template,
    make: (spec) => createTemplateGenerator({ ...spec, name: nameOf(spec) }),
  },
  mutation: {
    description: "What survived with a keyword added, dropped or swapped; nothing in the first round.",
    kinds: TEXT,
    needs: "nothing",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.mutation,
    make: (spec, { scene }) => createMutationGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  expansion: {
    description: "Captions of the anchors that are nearest to what survived; nothing in the first round.",
    kinds: TEXT,
    needs: "nothing",
    cost: "retrieval",
    schema: GENERATOR_SCHEMAS.expansion,
    make: (spec, { scene }) => createExpansionGenerator(scene, { ...spec, name: nameOf(spec) }),
  },
  "language-model": {
    description:
      "Texts drawn from a decoder of DATA_DIR/decoders, behind a question and the best of the round before.",
    kinds: TEXT,
    needs: "nothing",
    cost: "network",
    schema: GENERATOR_SCHEMAS["language-model"],
    make: async ({ decoder, ...spec }, { decoders }, path) =>
      createLanguageModelGenerator(await modelOf(decoders, decoder, path), { ...spec, name: nameOf(spec) }),
  },
  http: {
    description:
      "An endpoint of yours on a host that the operator allows: POST {condition, round, count, survivors} is answered by {proposals}, each a text.",
    kinds: TEXT,
    needs: "nothing",
    cost: "remote",
    schema: GENERATOR_SCHEMAS.http,
    make: (spec, { remotes, shownCondition }, path) =>
      createHttpGenerator({
        ...(spec.as === undefined ? {} : { name: spec.as }),
        ...(spec.timeoutMs === undefined ? {} : { timeoutMs: spec.timeoutMs }),
        remote: remotes.open(spec, [...path, "url"]),
        condition: shownCondition,
      }),
  },
};

const modelOf = async (decoders: LanguageModels, id: string, path: FieldPath): Promise<DecoderModel> => {
  try {
    return await decoders.get(id);
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "not-found") throw error;
    throw invalidField(
      [...path, "decoder"],
      "is no decoder of this service: there is no such folder in decoders/",
    );
  }
};
