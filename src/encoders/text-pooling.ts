import { AnchorageError } from "../errors.ts";
import { readGraphPorts } from "./graph-ports.ts";
import { readFurtherModules, readPooling } from "./hugging-face-text.ts";

/** How the vectors of tokens become one, and what says so. */
export interface TextPooling {
  readonly mode: "none" | "cls" | "mean" | "last";
  /** The output to use, where it is not the first one. */
  readonly output?: string;
  /** A file, an output or a family of models. */
  readonly from: string;
}

/** Outputs that are one vector a text already, by the names that exporters give them. */
const SENTENCE = "sentence_embedding";
const WHOLE_OUTPUTS = [SENTENCE, "text_embeds"];
const POOLER = "pooler_output";

/** Families whose repositories for ONNX come without a pooling file, and where their authors say how they pool. */
const FAMILIES: readonly (readonly [RegExp, "cls" | "mean", string])[] = [
  [/\bbge-(?!m3|multilingual|reranker)/i, "cls", "BAAI's model cards of bge"],
  [/\bsnowflake-arctic-embed-/i, "cls", "Snowflake's model cards of arctic-embed"],
  [/\bmxbai-embed-/i, "cls", "Mixedbread's model cards of mxbai-embed"],
  [/\bgte-(small|base|large)\b/i, "mean", "Alibaba's model cards of gte"],
  [/\b(multilingual-)?e5-(small|base|large)/i, "mean", "Microsoft's model cards of e5"],
  [/MiniLM-L\d/i, "mean", "the model cards of sentence-transformers"],
  [
    /\b(all|multi-qa|paraphrase)-(mpnet|distilroberta|distilbert|multilingual)/i,
    "mean",
    "the model cards of sentence-transformers",
  ],
  [/\bnomic-embed-text-/i, "mean", "Nomic's model cards of nomic-embed-text"],
  [/\bjina-embeddings-v2-/i, "mean", "Jina's model cards of jina-embeddings-v2"],
];

/**
 * Decides the pooling of a text encoder in Hugging Face layout: by the pooling file of sentence-transformers, else by an
 * output that is one vector a text, else by a family of which it is known. It is never guessed.
 *
 * @param name of the model, such as `BAAI/bge-small-en-v1.5`
 * @param model path of the ONNX file, relative to `directory`
 * @param chosen what a person has decided
 * @throws AnchorageError `unsupported-model` where nothing says it, with the option that decides
 */
export const decideTextPooling = async (
  directory: string,
  {
    name,
    model,
    chosen,
  }: { readonly name: string; readonly model: string; readonly chosen?: TextPooling["mode"] },
): Promise<TextPooling> => {
  if (chosen !== undefined) return { mode: chosen, from: "--pooling" };
  const steps = await readFurtherModules(directory);
  const ports = (await readGraphPorts(directory, model)).outputs;
  const outputs = ports.map((output) => output.name);
  // An exported `sentence_embedding` has passed through all modules, such as a dense layer after the pooling.
  if (steps.length > 0 && outputs.includes(SENTENCE))
    return { mode: "none", output: SENTENCE, from: `the output ${SENTENCE}` };
  const written = await readPooling(directory);
  if (written !== null) return written;
  const whole = WHOLE_OUTPUTS.find((output) => outputs.includes(output));
  if (whole !== undefined) return { mode: "none", output: whole, from: `the output ${whole}` };
  const [, mode, from] = FAMILIES.find(([family]) => family.test(name)) ?? [];
  if (mode !== undefined && from !== undefined) return { mode, from };
  // BERT's pooler is trained for another task, so a family's own pooling goes before it.
  if (outputs.includes(POOLER)) return { mode: "none", output: POOLER, from: `the output ${POOLER}` };
  const [first] = ports;
  if (first?.dims.length === 2)
    return { mode: "none", output: first.name, from: `the output ${first.name}, which is one vector a text` };
  throw new AnchorageError(
    "unsupported-model",
    `${name} does not say how the vectors of its tokens become one: it has no 1_Pooling/config.json, no output ${[...WHOLE_OUTPUTS, POOLER].join(", ")} (only ${outputs.join(", ")}), and is of no known family. Its page says it; pass it as --pooling mean, cls or last.`,
  );
};
