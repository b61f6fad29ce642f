import type { z } from "zod";
import type { CoreClient } from "../../client/index.ts";
import { EXIT, type Command, type CommandContext, type OptionSchemas } from "../../command.ts";
import { isAnchorageError } from "../../errors.ts";
import { createProgress } from "../../progress.ts";
import { FORECAST_DEFAULTS, FORECAST_TOPS } from "./api.ts";
import type { ForecastClient } from "./client.ts";

/** The part of Anchorage that forecasts. */
type Forecaster = Pick<CoreClient, "waitForJob"> & { collection(name: string): ForecastClient };

const schema = ({ z, collectionOption, noArguments, requiredText, wholeNumber }: OptionSchemas) =>
  z
    .object({
      arguments: noArguments,
      collection: collectionOption,
      by: requiredText.optional(),
      target: z.coerce.number().optional(),
      top: z.coerce.number().pipe(z.literal(FORECAST_TOPS, `must be one of ${FORECAST_TOPS.join(", ")}`)),
      classes: wholeNumber(2, 1_000),
      questions: wholeNumber(20, 5_000),
      draws: wholeNumber(1, 10),
      seed: wholeNumber(0, 999_999_999),
      out: z.string().min(1),
    })
    .strict();

type Given = z.output<ReturnType<typeof schema>>;

const run = async (
  { collection: name, by, target, out, top, classes, questions, draws, seed }: Given,
  { connect, show, signal, note }: CommandContext<Forecaster>,
): Promise<number> => {
  const { forecastLines, writeForecast } = await import("./report.ts");
  const client = await connect();
  const progress = createProgress(`forecasting ${name}`, "measurements");
  try {
    const collection = client.collection(name);
    const job = await collection.forecast({
      ...{ top, classes, questions, draws, seed },
      ...(by === undefined ? {} : { by }),
      ...(target === undefined ? {} : { target }),
    });
    await client.waitForJob(job, { signal, onProgress: ({ done, total }) => progress.update(done, total) });
    const forecast = await collection.getForecast();
    progress.stop();
    show(forecast, () => forecastLines(forecast));
    for (const path of await writeForecast(forecast, out)) note(`wrote ${path}`);
    return EXIT.done;
  } catch (error) {
    if (!isAnchorageError(error) || error.code !== "cancelled") throw error;
    note("the forecast was stopped");
    return EXIT.interrupted;
  } finally {
    progress.stop();
    await client.close();
  }
};

/** `anchorage forecast`. */
export const forecastCommand: Command<Given, CommandContext<Forecaster>> = {
  name: "forecast",
  on: "anchorage",
  synopsis: "--collection NAME [options]",
  about:
    "Forecasts the error of a collection's answers at two and four times the anchors, with intervals: classes are held out and asked about by ever more of the other anchors, and a curve is fitted. Prints the measured and forecast errors, a back-test, the error that would stay and one sentence of advice, and writes growth.svg and report.json. More anchors means more like these: random ones of the same sources.",
  options: {
    collection: { type: "string", value: "NAME", help: "the collection to forecast" },
    by: {
      type: "string",
      value: "FIELD",
      help: "the metadata field whose values are the classes [the captions]",
    },
    target: { type: "string", value: "ERROR", help: "an error in (0, 1), to hear how many anchors it takes" },
    top: {
      type: "string",
      value: "N",
      default: String(FORECAST_DEFAULTS.top),
      help: `what the advice is about: the true class is among the first ${FORECAST_TOPS.join(", ")}`,
    },
    classes: {
      type: "string",
      value: "N",
      default: String(FORECAST_DEFAULTS.classes),
      help: "how many classes to hold out at once, at most",
    },
    questions: {
      type: "string",
      value: "N",
      default: String(FORECAST_DEFAULTS.questions),
      help: "how many images to classify at once, at most",
    },
    draws: {
      type: "string",
      value: "N",
      default: String(FORECAST_DEFAULTS.draws),
      help: "how many random draws of the anchors of each size",
    },
    seed: {
      type: "string",
      value: "N",
      default: String(FORECAST_DEFAULTS.seed),
      help: "the seed of the folds and draws",
    },
    out: { type: "string", value: "DIR", default: "forecast", help: "where growth.svg and report.json go" },
  },
  examples: ["--collection emoji", "--collection birds --by species --target 0.3"],
  schema,
  run,
};
