/** What makes proposals. */
export { createHttpGenerator, type HttpGeneratorSettings } from "./http.ts";
export { createLanguageModelGenerator, type LanguageModelSettings } from "./language-model.ts";
export { createListGenerator } from "./list.ts";
export { createMutationGenerator, type Mutation, type MutationSettings } from "./mutation.ts";
export { createPhrasesGenerator, type PhrasesSettings } from "./phrases.ts";
export {
  createAnchorsGenerator,
  createCaptionsGenerator,
  createClassNamesGenerator,
  createExpansionGenerator,
  createTagsGenerator,
  type NearestSettings,
} from "./store.ts";
export { createTemplateGenerator, placesOf, type TemplateSettings } from "./template.ts";
