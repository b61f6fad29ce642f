import type { Collections } from "./collections/types.ts";
import type { EncoderRegistry } from "./encoders/types.ts";
import type { Jobs } from "./jobs/types.ts";
import type { Store } from "./store/types.ts";

/** The whole of Anchorage in one process, without HTTP: what the service and the scripts stand on. */
export interface Anchorage {
  readonly store: Store;
  readonly encoders: EncoderRegistry;
  readonly jobs: Jobs;
  readonly collections: Collections;
  close(): Promise<void>;
}
