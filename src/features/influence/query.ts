import { imagePath } from "../../collections/queries.ts";
import { type Database, idsWithImages } from "../../store/index.ts";
import { influence, type InfluenceMethod } from "./influence.ts";
import { AnchorageError, invalidField } from "../../errors.ts";
import type { Encoding } from "../../collections/encoding.ts";
import {
  resolveMethod,
  answer,
  readQuestion,
  resolveAsifSettings,
  type Queried,
} from "../../collections/question.ts";
import type { InfluenceAnswer, InfluenceRequest } from "./api.ts";

const DEFAULT_LIMIT = 10;
/** Maximum number of values of all rows together, about 50 bytes each. */
const MAX_VALUES = 4_000_000;
/** Maximum number of products of images and prompts, about 50 bytes each. */
const MAX_PRODUCTS = 1_000_000;
/** The same for local regressions, which are solved again without each anchor. */
const MAX_LOCAL_PRODUCTS = 20_000;
/** Maximum number of inputs whose regressions are kept, about 40 kB each. */
const MAX_LOCAL_INPUTS = 2_000;
/** Maximum number of prompts per class, whose norms depend on each other. */
const MAX_SQUARES = 100_000;

export type AskInfluence = (queried: Queried, request: InfluenceRequest) => Promise<InfluenceAnswer>;

export const createInfluences =
  (store: Database, encoding: Encoding): AskInfluence =>
  async (queried, request) => {
    const started = performance.now();
    const { view, record } = queried;
    const { method } = resolveMethod(queried, request);
    if (method !== "asif" && method !== "local" && method !== "asif+local")
      throw new AnchorageError("unprocessable", `Influence is not found for "${method}".`, {
        faults: [{ path: ["method"], message: `must be "asif", "local" or "asif+local"` }],
      });
    checkSize(queried, request, method);
    const question = await readQuestion(queried, request, encoding);
    const { anchors, fits, ...found } = await influence(
      view,
      {
        ...question,
        limit: request.limit ?? DEFAULT_LIMIT,
      },
      method,
    );
    const withImages = await idsWithImages(
      store,
      record,
      anchors.map(({ anchor }) => anchor),
    );
    return {
      anchors: anchors.map((one) => ({ ...one, image: imagePath(record.name, one.anchor, withImages) })),
      ...found,
      transforms: fits,
      asif: { k: question.settings.k, p: question.settings.p },
      ...answer(view, started),
    };
  };

/** @throws AnchorageError `invalid-input` if it would take too much memory or time. */
const checkSize = ({ record, view }: Queried, request: InfluenceRequest, method: InfluenceMethod): void => {
  const sizes = request.classes.map(({ prompts }) => prompts?.length ?? request.templates?.length ?? 1);
  const prompts = sizes.reduce((sum, size) => sum + size, 0);
  const images = request.images.length;
  const refuse = (product: number, most: number, field: string, what: string): void => {
    if (product > most) throw invalidField([field], `${what} must be at most ${most}; they are ${product}`);
  };
  const isLocal = method !== "asif";
  refuse(images * prompts, isLocal ? MAX_LOCAL_PRODUCTS : MAX_PRODUCTS, "images", "images times prompts");
  if (isLocal) refuse(images + prompts, MAX_LOCAL_INPUTS, "images", "images and prompts");
  const k = Math.min(resolveAsifSettings({ record, view }, request).k + 1, Math.max(1, view.size));
  refuse((images + prompts) * k, MAX_VALUES, "images", "images and prompts, times k + 1,");
  if ((request.ensemble ?? record.ensemble) !== "mean") return;
  const squares = sizes.reduce((sum, size) => sum + size * size, 0);
  refuse(squares, MAX_SQUARES, "classes", "the squares of the numbers of prompts together");
};
