import { z } from "zod";
import { openService } from "../../src/anchorage.ts";
import { EXIT, runScript, type Terminal } from "../../src/cli/cli.ts";
import { readConfig } from "../../src/config.ts";
import { noArguments, wholeNumber } from "../../src/option-schemas.ts";
import { createProgress } from "../../src/progress.ts";
import { collectionName } from "../../src/api/values.ts";
import { checkStudyLines, runCheckTrial, type CheckTrial } from "../evaluation/check-study.ts";

const schema = z
  .object({ seeds: wholeNumber(1, 100), collection: collectionName, arguments: noArguments })
  .strict();

const run = async (
  { seeds, collection }: z.infer<typeof schema>,
  { signal, print, log }: Terminal,
): Promise<number> => {
  const service = await openService(readConfig(process.env), log);
  const progress = createProgress("evaluating checks", "seeds");
  try {
    const trials: CheckTrial[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      progress.update(seed, seeds);
      trials.push(await runCheckTrial(service.core, collection, seed, signal));
    }
    progress.stop();
    for (const line of checkStudyLines(trials)) print(line);
    return EXIT.done;
  } finally {
    progress.stop();
    await service.close();
  }
};

await runScript({
  name: "evaluate-check",
  synopsis: "[--seeds N] [--collection NAME]",
  about:
    "Measures what a check finds: 3 % of the anchors get each other's captions and 3 % are copied, half of them as a smaller file of lower quality, and what the check lists is compared with them. Nothing is written. It opens DATA_DIR, which no service may hold.",
  options: {
    seeds: { type: "string", value: "N", help: "how many draws", default: "5" },
    collection: { type: "string", value: "NAME", help: "whose anchors are used", default: "emoji" },
  },
  examples: ["--seeds 2"],
  schema,
  run,
});
