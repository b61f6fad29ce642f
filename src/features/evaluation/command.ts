import type { Command, CommandContext } from "../../command.ts";
import type { CollectionReader } from "./collection.ts";
import { ownOptions, ownSchema, type OwnData } from "./options.ts";

/** Part of the help of every evaluation. */
export const MEASURES =
  "Measures zero-shot classification: top-1, top-5 and top-10 accuracy with 95 % bootstrap intervals, against chance, as the number of anchors grows. Prints a table and writes report.json, scaling.svg and, with --heat-map, heat-map.svg.";
export const OWN_DATA =
  "With --collection it holds out classes of that collection and classifies them by the other anchors. With --folder it classifies a labelled data set: one folder per class (ImageNet, EuroSAT), Oxford-IIIT Pets, or CIFAR-100's binary version. With files of embeddings (.npy of NumPy, .pt of PyTorch) it needs neither a collection nor an encoder.";
export const ENDS =
  "Image vectors are kept under DATA_DIR/evaluation, so that an interrupted run continues where it stopped.";
export const OWN_EXAMPLES = [
  "--collection emoji",
  "--collection pairs --folder imagenet/val --templates imagenet",
  "--anchors-images A.npy --anchors-texts T.npy --images I.npy --labels L.npy --texts P.npy --templates-per-class 7",
];

export const evaluateCommand: Command<OwnData, CommandContext<CollectionReader>> = {
  name: "evaluate",
  on: "anchorage",
  synopsis: "(--collection NAME [--folder DIR | --by FIELD] | --anchors-images FILE ...) [options]",
  about: [MEASURES, "", OWN_DATA, "", ENDS].join("\n"),
  options: ownOptions,
  examples: OWN_EXAMPLES,
  schema: () => ownSchema,
  run: async (given, context) => {
    const { evaluateOwnData, reportOn } = await import("./run.ts");
    return reportOn(given.out, context, () => evaluateOwnData(given, context));
  },
};
