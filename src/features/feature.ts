import type { ClassifyFields } from "../api/classify-fields.ts";
import type { MethodPlug } from "../asif/index.ts";
import type { CollectionHooks, Core } from "../collections/index.ts";
import type { CommandTable } from "../command.ts";
import type { AccessPlug, Routes } from "../http/index.ts";
import type { GeneratorPlug, ScorerPlug } from "./consensus/index.ts";
import type { EncoderSource } from "../encoders/index.ts";

/**
 * A capability built on the core; the core does not import it.
 *
 * @example
 * ```ts
 * export const hello: Feature = {
 *   name: "hello",
 *   open: (core) =>
 *     Promise.resolve({
 *       routes: ({ app }) =>
 *         jsonEndpoint(app, helloRoute, () => ({ loading: core.collections.loading().length })),
 *     }),
 * };
 * ```
 */
export interface Feature {
  /** Its folder under `src/features`. */
  readonly name: string;
  /** Its shell commands by what follows `anchorage`; only the one that is called is loaded. */
  readonly commands?: CommandTable;
  /** Encoders that it brings along; imported before the core opens its registry. */
  readonly encoders?: () => Promise<EncoderSource>;
  /**
   * Makes everything that it adds to the service from the open core, once, before anything is served. A feature
   * without it adds commands only.
   *
   * @param plugs what features add to one another; complete once every feature is open, when routes are added
   */
  open?(core: Core, plugs: Plugs): Promise<OpenedFeature>;
}

/** What features add to tables of another feature. */
export interface Plugs {
  readonly scorers: readonly ScorerPlug[];
  readonly generators: readonly GeneratorPlug[];
}

/** What a feature adds. Whatever is absent it does not add. */
export interface OpenedFeature {
  /** Its endpoints, in the OpenAPI document as the core's are. */
  readonly routes?: (routes: Routes) => void;
  readonly onDelete?: CollectionHooks["onDelete"][number];
  readonly retained?: CollectionHooks["retained"][number];
  readonly forget?: CollectionHooks["forget"][number];
  readonly onMove?: CollectionHooks["onMove"][number];
  /** Classification methods, each asked for by its name. */
  readonly methods?: readonly MethodPlug[];
  /** Fields that classifications have beside the core's; `classify` reads them from the request. */
  readonly fields?: ClassifyFields;
  readonly classify?: CollectionHooks["classify"][number];
  /** Aligns images of queries with the anchors, by adaptations; at most one feature has them. */
  readonly adaptImages?: CollectionHooks["adaptImages"][number];
  /** What a consensus can judge proposals by, beside its own scorers. */
  readonly scorers?: readonly ScorerPlug[];
  /** What a consensus can propose by, beside its own generators. */
  readonly generators?: readonly GeneratorPlug[];
  /** Keys beside the one of the settings; at most one feature has them. */
  readonly access?: AccessPlug;
  /** Goes on with what a stopped or killed service left; called once the service listens. */
  resume?(): Promise<void>;
  /** Frees what it holds; called before the core closes. */
  close?(): Promise<void>;
}

/** Every opened feature as one. */
export interface OpenedFeatures {
  readonly routes: (routes: Routes) => void;
  readonly access: AccessPlug | null;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens features in their order and plugs them into the core.
 *
 * @throws what a feature's `open` throws; those opened before it are closed
 */
export const openFeatures = async (core: Core, features: readonly Feature[]): Promise<OpenedFeatures> => {
  const opened: OpenedFeature[] = [];
  const close = async (): Promise<void> => {
    for (const feature of opened.splice(0).reverse()) await feature.close?.();
  };
  const { hooks } = core.collections;
  const scorers: ScorerPlug[] = [];
  const generators: GeneratorPlug[] = [];
  let access: AccessPlug | null = null;
  try {
    for (const feature of features) {
      const added = await feature.open?.(core, { scorers, generators });
      if (added === undefined) continue;
      opened.push(added);
      if (added.onDelete !== undefined) hooks.onDelete.push(added.onDelete);
      if (added.retained !== undefined) hooks.retained.push(added.retained);
      if (added.forget !== undefined) hooks.forget.push(added.forget);
      if (added.onMove !== undefined) hooks.onMove.push(added.onMove);
      for (const method of added.methods ?? []) {
        if (hooks.methods.has(method.name))
          throw new Error(`two features plug in the method "${method.name}"`);
        hooks.methods.set(method.name, method);
      }
      if (added.fields !== undefined) hooks.fields.push(added.fields);
      if (added.classify !== undefined) hooks.classify.push(added.classify);
      if (added.adaptImages !== undefined) hooks.adaptImages.push(added.adaptImages);
      scorers.push(...(added.scorers ?? []));
      generators.push(...(added.generators ?? []));
      if (added.access !== undefined && access !== null)
        throw new Error(`two features add keys; "${feature.name}" is the second`);
      access ??= added.access ?? null;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    access,
    routes: (routes) => {
      for (const feature of opened) feature.routes?.(routes);
    },
    resume: async () => {
      for (const feature of opened) await feature.resume?.();
    },
    close,
  };
};
