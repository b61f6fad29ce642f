/** Special tokens with the ids of OPT's tokenizer, and the answer mark. */
export const SPECIAL_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "</a>"] as const;

/** Separates a question from its answer, as in eP-ALM's code. */
export const ANSWER_MARK = "</a>";
const END = "</s>";
const PADDING = "<pad>";
const SPECIAL = new RegExp(SPECIAL_TOKENS.join("|"), "g");

/** Standard questions about an image. */
export const IMAGE_QUESTIONS = {
  what: "what is it?",
  colour: "which colour is it?",
  group: "which group is it in?",
  count: "how many are there?",
} as const;

/**
 * The text that a decoder reads before it answers: `{question}</a>`, in lower case, with one question mark at its end.
 *
 * @param retrieved captions of similar images, nearest first; `like: {c1}; {c2}. ` before the question
 * @example
 * ```ts
 * questionPrompt("What is it"); // "what is it?</a>"
 * ```
 */
export const questionPrompt = (question: string, retrieved: readonly string[] = []): string =>
  withRetrieved(`${plainText(question).replace(/[?\s]+$/, "")}?${ANSWER_MARK}`, retrieved);

/**
 * The same as the authors' code writes it, for decoders trained on it: the question unchanged, and `?</a>` behind it,
 * also behind a question mark (accelerate_training/vqa.py of mshukor/eP-ALM).
 *
 * @example
 * ```ts
 * authorsQuestionPrompt("What is it?"); // "What is it??</a>"
 * ```
 */
export const authorsQuestionPrompt = (question: string, retrieved: readonly string[] = []): string =>
  withRetrieved(`${question}?${ANSWER_MARK}`, retrieved);

const withRetrieved = (question: string, retrieved: readonly string[]): string => {
  const like = likeOf(retrieved);
  return like === "" ? question : `${like} ${question}`;
};

/** The text that a decoder reads before a caption: empty, or `like: {c1}; {c2}.</a>`. */
export const captionPrompt = (retrieved: readonly string[] = []): string => {
  const like = likeOf(retrieved);
  return like === "" ? "" : `${like}${ANSWER_MARK}`;
};

/** Normalises an answer or a caption as training texts have it: lower case, without special tokens. */
export const plainText = (text: string): string =>
  text.replaceAll(SPECIAL, " ").replaceAll(/\s+/g, " ").trim().toLowerCase();

/**
 * The answer in what a decoder made: what stands between the first mark of an answer and the next, or all where there is
 * no mark, without the end of the text and padding. A space in front stays, as in eP-ALM's code.
 */
export const extractAnswer = (text: string): string => {
  const [before = "", answer] = text.split(ANSWER_MARK);
  return (answer ?? before).replaceAll(PADDING, "").replaceAll(END, "");
};

/** The caption in what a decoder made: up to the end of the text, without what began it, retrieved captions included. */
export const extractCaption = (text: string): string => {
  const begun = text.startsWith(END) ? text.slice(END.length) : text;
  const [whole = ""] = begun.split(END);
  const caption = whole.startsWith(LIKE) ? (whole.split(ANSWER_MARK)[1] ?? whole) : whole;
  return caption.replaceAll(PADDING, "");
};

const LIKE = "like: ";

const likeOf = (retrieved: readonly string[]): string => {
  const captions = retrieved.map((caption) => plainText(caption).replaceAll(";", ",").replace(/\.$/, ""));
  const shown = captions.filter((caption) => caption !== "");
  return shown.length === 0 ? "" : `${LIKE}${shown.join("; ")}.`;
};
