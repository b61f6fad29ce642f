import { pullEncoder, type PulledEncoder } from "../../../src/features/encoder-hub/index.ts";
import { silentProgress } from "../../../src/progress.ts";
import { TABLE } from "../../encoders/folders.ts";
import type { Hub } from "../../encoders/hub.ts";
import { textModel } from "../../encoders/models.ts";
import type { Log } from "../../../src/types.ts";
import { silentLog } from "../../support/log.ts";

/** The network of the model that the stand-in offers. */
export const MODEL = "onnx/model.onnx";
export const modelBytes = textModel(TABLE);

/** Pulls `owner/small` as the encoder `small`, hardly waiting between attempts. */
export const pull = (
  directory: string,
  { endpoint }: Pick<Hub, "endpoint">,
  given: {
    readonly signal?: AbortSignal;
    readonly name?: string;
    readonly revision?: string;
    readonly id?: string;
    readonly file?: string;
    readonly log?: Log;
  } = {},
): Promise<PulledEncoder> => {
  const {
    signal = new AbortController().signal,
    name = "owner/small",
    revision = "main",
    id = "small",
    log = silentLog,
    ...rest
  } = given;
  return pullEncoder(
    { endpoint, name, revision, directory, id, ...rest },
    { signal, retryMs: 1, progress: silentProgress, log },
  );
};
