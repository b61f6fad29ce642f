import type { DecoderModel } from "../../epalm/index.ts";
import { invalidField, isAnchorageError } from "../../../errors.ts";
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
import type { Generator } from "../types.ts";
import type { Capability } from "./scorer-capabilities.ts";
import type { LanguageModels, Means } from "./scorers.ts";
import type { GeneratorName, GeneratorSpec } from "./specs.ts";

const TEXT = ["text"] as const;

export const GENERATORS: Readonly<Record<GeneratorName, Capability>> = {
  list: {
    description: "What the request brings, in order.",
    kinds: ["text", "anchor", "vector", "steps"],
    needs: "nothing",
    cost: "arithmetic",
  },
  captions: {
    description: "Captions of the anchors that are nearest to the condition.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
  },
  anchors: {
    description: "The anchors that are nearest to the condition, as images.",
    kinds: ["anchor"],
    needs: "either",
    cost: "retrieval",
  },
  "class-names": {
    description: "Every value of a metadata field, the most frequent first.",
    kinds: TEXT,
    needs: "nothing",
    cost: "arithmetic",
  },
  tags: {
    description: "What the nearest anchors have in a metadata field, such as a list of tags.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
  },
  phrases: {
    description: "Runs of words that captions of the nearest anchors have more often than others.",
    kinds: TEXT,
    needs: "either",
    cost: "retrieval",
  },
  template: {
    description: "A text with places that are filled by words; later one word of what survived is changed.",
    kinds: TEXT,
    needs: "nothing",
    cost: "arithmetic",
  },
  mutation: {
    description: "What survived with a keyword added, dropped or swapped; nothing in the first round.",
    kinds: TEXT,
    needs: "nothing",
    cost: "retrieval",
  },
  expansion: {
    description: "Captions of the anchors that are nearest to what survived; nothing in the first round.",
    kinds: TEXT,
    needs: "nothing",
    cost: "retrieval",
  },
  "language-model": {
    description:
      "Texts drawn from a decoder of DATA_DIR/decoders, behind a question and the best of the round before.",
    kinds: TEXT,
    needs: "nothing",
    cost: "network",
  },
  http: {
    description:
      "An endpoint of yours on a host that the operator allows: POST {condition, round, count, survivors} is answered by {proposals}, each a text.",
    kinds: TEXT,
    needs: "nothing",
    cost: "remote",
  },
};

/**
 * @param path of the generator in what was asked
 * @throws AnchorageError `invalid-input` where it may not be made
 */
export const makeGenerator = async (
  { as, ...spec }: GeneratorSpec,
  { scene, remotes, decoders, shownCondition }: Means,
  path: string,
): Promise<Generator> => {
  const name = as ?? spec.name;
  switch (spec.name) {
    case "list":
      return createListGenerator({ name, payloads: spec.proposals });
    case "captions":
      return createCaptionsGenerator(scene, { ...spec, name });
    case "anchors":
      return createAnchorsGenerator(scene, { ...spec, name });
    case "class-names":
      return createClassNamesGenerator(scene, { ...spec, name });
    case "tags":
      return createTagsGenerator(scene, { ...spec, name });
    case "phrases":
      return createPhrasesGenerator(scene, { ...spec, name });
    case "template":
      return createTemplateGenerator({ ...spec, name });
    case "mutation":
      return createMutationGenerator(scene, { ...spec, name });
    case "expansion":
      return createExpansionGenerator(scene, { ...spec, name });
    case "language-model": {
      const { decoder, ...settings } = spec;
      return createLanguageModelGenerator(await modelOf(decoders, decoder, path), { ...settings, name });
    }
    case "http": {
      const { timeoutMs } = spec;
      return createHttpGenerator({
        ...(as === undefined ? {} : { name: as }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        remote: remotes.open(spec, `${path}.url`),
        condition: shownCondition,
      });
    }
  }
};

const modelOf = async (decoders: LanguageModels, id: string, path: string): Promise<DecoderModel> => {
  try {
    return await decoders.get(id);
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "not-found") throw error;
    throw invalidField(
      `${path}.decoder`,
      "is no decoder of this service: there is no such folder in decoders/",
    );
  }
};
