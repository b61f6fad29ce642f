import { z } from "@hono/zod-openapi";
import { describe, expect, onTestFinished, test } from "vitest";
import { generatorList, scorerList } from "../../src/features/consensus/api/answer.ts";
import { commandsOf } from "../../src/cli/run-command.ts";
import { EXIT, type Command } from "../../src/command.ts";
import { readConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import * as optionSchemas from "../../src/option-schemas.ts";
import { FEATURES, openFeatures, type Feature } from "../../src/features/index.ts";
import { addQuery, jsonEndpoint } from "../../src/http/index.ts";
import {
  generatorCommon,
  scorerCommon,
  settled,
  type GeneratorPlug,
  type ScorerPlug,
} from "../../src/features/consensus/index.ts";
import { optional } from "../../src/api/values.ts";
import type { AnchorId, Sequence } from "../../src/types.ts";
import {
  createCollection,
  IMAGE_DIMENSION,
  openTestApp,
  pathsOf,
  problemIn,
  TEXT_DIMENSION,
  type TestApp,
} from "../http/support.ts";

/** What a feature from outside has seen of the core. */
interface Seen {
  readonly deleted: AnchorId[];
  readonly forgotten: Sequence[];
  readonly events: string[];
}

const brevitySchema = z.strictObject({
  name: z.literal("brevity"),
  longest: z.int().min(1),
  ...scorerCommon,
});

/** Texts score higher the shorter they are; longer ones than `longest` are vetoed. */
const brevity: ScorerPlug<z.output<typeof brevitySchema>> = {
  name: "brevity",
  description: "Shorter texts score higher.",
  kinds: ["text"],
  needs: "nothing",
  cost: "arithmetic",
  embeds: false,
  background: false,
  schema: brevitySchema,
  make: ({ longest, ...spec }) => ({
    ...settled(spec, { name: "brevity" }),
    kinds: ["text"],
    score: (proposals) => {
      const lengths = proposals.map(({ payload }) => (payload.kind === "text" ? payload.text.length : 0));
      return Promise.resolve({
        scores: Float64Array.from(lengths, (length) => -length),
        vetoes: new Map(lengths.flatMap((length, i) => (length > longest ? [[i, "is too long"]] : []))),
      });
    },
  }),
};

const fixedSchema = z.strictObject({ name: z.literal("fixed"), ...generatorCommon });

const fixed: GeneratorPlug<z.output<typeof fixedSchema>> = {
  name: "fixed",
  description: "Three texts.",
  kinds: ["text"],
  needs: "nothing",
  cost: "arithmetic",
  schema: fixedSchema,
  make: ({ name, as = name }) => ({
    name: as,
    propose: (state) =>
      Promise.resolve(
        ["a fox", "fox", "a red fox in the snow"]
          .map((text) => ({ payload: { kind: "text" as const, text } }))
          .filter(({ payload }) => !state.has(payload)),
      ),
  }),
};

const toyCommand: Command<{ readonly name: string }> = {
  name: "greet",
  synopsis: "--name NAME",
  about: "Greets.",
  options: { name: { type: "string", value: "NAME", help: "who is greeted" } },
  examples: ["--name Ada"],
  schema: ({ z, requiredText, noArguments }) =>
    z.object({ name: requiredText, arguments: noArguments }).strict(),
  run: ({ name }, { print }) => {
    print(`hello ${name}`);
    return Promise.resolve(EXIT.done);
  },
};

/** A feature from outside, with one of each thing that a feature can add. */
const toy = (seen: Seen): Feature => ({
  name: "toy",
  commands: { greet: { group: "Help", summary: "greet", load: () => Promise.resolve(toyCommand) } },
  open: ({ collections }) => {
    seen.events.push("opened");
    return Promise.resolve({
      routes: (routes) => {
        const answer = z.strictObject({ loading: z.int() }).openapi("Toy");
        jsonEndpoint(
          routes.app,
          {
            method: "get",
            path: "/v1/toy",
            summary: "The toy",
            answer: { description: "It.", schema: answer },
            problems: [],
          },
          () => ({ loading: collections.loading().length }),
        );
        addQuery(routes, {
          name: "count",
          summary: "Count the anchors",
          request: z.strictObject({ twice: z.boolean().optional() }).openapi("CountRequest"),
          answer: z.strictObject({ anchors: z.int() }).openapi("CountAnswer"),
          run: async (name, { twice = false }) => {
            const { view } = await collections.queried(name);
            return { anchors: twice ? 2 * view.size : view.size };
          },
        });
      },
      fields: { request: { best: optional(z.boolean()) }, answer: { picked: optional(z.string()) } },
      classify: {
        step: async (_, request, next) => {
          const { best } = z.object({ best: optional(z.boolean()) }).parse(request);
          const answer = await next({ ...request, top: 1 });
          const picked = answer.results[0]?.classes[0]?.name;
          return { ...answer, ...(best === true ? { picked } : {}) };
        },
      },
      onDelete: (_, __, anchors) => {
        seen.deleted.push(...anchors);
        if (anchors.includes("kept" as AnchorId)) throw new Error("the toy keeps this one");
        return Promise.resolve();
      },
      forget: (_, sequence) => {
        seen.forgotten.push(sequence);
        return Promise.resolve();
      },
      scorers: [brevity],
      generators: [fixed],
      resume: () => Promise.resolve(void seen.events.push("resumed")),
      close: () => Promise.resolve(void seen.events.push("closed")),
    });
  },
});

const openWithToy = async (): Promise<TestApp & { readonly seen: Seen }> => {
  const seen: Seen = { deleted: [], forgotten: [], events: [] };
  const app = await openTestApp({ features: [...FEATURES, toy(seen)] });
  await createCollection(app, "c");
  return { ...app, seen };
};

const anchor = (id: string, at: number) => ({
  id,
  text: id,
  imageVector: [1, at, 0].slice(0, IMAGE_DIMENSION),
  textVector: [1, at].slice(0, TEXT_DIMENSION),
});

describe("a feature from outside the core", () => {
  test("adds endpoints, which the OpenAPI document shows", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    expect(await app.call("GET", "/v1/toy")).toMatchObject({ status: 200, body: { loading: 0 } });
    expect(await app.call("POST", "/v1/collections/c/count", { twice: true })).toMatchObject({
      body: { anchors: 2 },
    });
    const { body } = await app.call("GET", "/openapi.json");
    const { paths } = body as { readonly paths: Record<string, unknown> };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/v1/toy", "/v1/collections/{collection}/count", "/v1/consensus"]),
    );
  });

  test("rejects a field that its query does not know", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    expect(await app.call("POST", "/v1/collections/c/count", { thrice: true })).toMatchObject({
      status: 400,
    });
  });

  test("changes classifications before and after the core answers", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    const { body } = await app.call("POST", "/v1/collections/c/classify", {
      images: [{ vector: [1, 1, 0] }],
      classes: [
        { name: "one", prompts: [{ vector: [1, 0] }] },
        { name: "two", prompts: [{ vector: [0, 1] }] },
      ],
    });
    expect(body).toMatchObject({ results: [{ classes: [{}] }] });
  });

  test("adds fields to classifications, which the OpenAPI document shows and a wrong one fails", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    const ask = (fields: object) =>
      app.call("POST", "/v1/collections/c/classify", {
        images: [{ vector: [1, 1, 0] }],
        classes: [{ name: "one", prompts: [{ vector: [1, 0] }] }],
        ...fields,
      });
    expect((await ask({ best: true })).body).toMatchObject({ picked: "one" });
    expect((await ask({})).body).not.toHaveProperty("picked");
    expect(pathsOf(await ask({ best: 1 }))).toEqual(["best"]);
    expect(pathsOf(await ask({ worst: true }))).toEqual(["worst"]);
    const { body } = await app.call("GET", "/openapi.json");
    expect(body).toHaveProperty("components.schemas.ClassifyRequest.properties.best");
    expect(body).toHaveProperty("components.schemas.ClassifyAnswer.properties.picked");
  });

  test("cannot add a field that the core or another feature has", async () => {
    for (const name of ["images", "abstain"]) {
      const clash: Feature = {
        name: "clash",
        open: () => Promise.resolve({ fields: { request: { [name]: optional(z.boolean()) } } }),
      };
      await expect(openTestApp({ features: [...FEATURES, clash] })).rejects.toThrow(`two fields "${name}"`);
    }
  });

  test("is asked in the transaction that deletes anchors, and can refuse it", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    await app.call("PUT", "/v1/collections/c/anchors", { anchors: [anchor("a", 1), anchor("b", 2)] });
    expect((await app.call("DELETE", "/v1/collections/c/anchors/a")).status).toBe(200);
    expect((await app.call("DELETE", "/v1/collections/c/anchors/kept")).status).toBe(500);
    expect(app.seen.deleted).toEqual(["a", "kept"]);
    expect((await app.call("GET", "/v1/collections/c/anchors/kept")).status).toBe(200);
  });

  test("is waited for by a compaction, with the sequence up to which it forgets", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    await app.call("PUT", "/v1/collections/c/anchors", { anchors: [anchor("a", 1)] });
    const { body } = await app.call("DELETE", "/v1/collections/c/anchors/a");
    const { sequence } = body as { readonly sequence: Sequence };
    expect((await app.call("POST", "/v1/collections/c/compact")).status).toBe(200);
    expect(new Set(app.seen.forgotten)).toEqual(new Set([sequence]));
  });

  test("adds a scorer and a generator, which a consensus asks and lists beside its own", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    const run = (scorer: object) =>
      app.call("POST", "/v1/consensus", {
        collection: "c",
        condition: {},
        generators: [{ name: "fixed", as: "mine" }],
        scorers: [{ name: "brevity", ...scorer }, { name: "arithmetic" }],
      });
    expect(await run({ longest: 10, weight: 2 })).toMatchObject({
      status: 200,
      body: {
        winner: { text: "fox", generator: "mine" },
        vetoed: 1,
        weights: { brevity: 2, arithmetic: 1 },
      },
    });
    expect(pathsOf(await run({}))).toEqual(["scorers.0.longest"]);
    expect(pathsOf(await run({ longest: 10, shortest: 1 }))).toEqual(["scorers.0.shortest"]);

    const { body } = await app.call("GET", "/v1/scorers");
    expect(scorerList.parse(body).scorers).toContainEqual(
      expect.objectContaining({ name: "brevity", cost: "arithmetic", embeds: false }),
    );
    const listed = generatorList.parse((await app.call("GET", "/v1/generators")).body);
    expect(listed.generators.map(({ name }) => name)).toEqual(expect.arrayContaining(["list", "fixed"]));
  });

  test("rejects the name of a scorer that no feature has, and names those there are", async () => {
    const app = await openWithToy();
    onTestFinished(() => app.close());
    const answer = await app.call("POST", "/v1/consensus", {
      collection: "c",
      condition: {},
      generators: [{ name: "fixed" }],
      scorers: [{ name: "length" }],
    });
    expect(answer.status).toBe(400);
    expect(problemIn(answer).errors).toEqual([
      {
        path: "scorers.0.name",
        keys: ["scorers", 0, "name"],
        message: expect.stringMatching(/asif.*brevity/) as string,
      },
    ]);
  });

  test("cannot add a scorer under the name of another", async () => {
    const twin: Feature = {
      name: "twin",
      open: () => Promise.resolve({ scorers: [{ ...brevity, name: "asif" }] }),
    };
    await expect(openTestApp({ features: [...FEATURES, twin] })).rejects.toThrow('a scorer "asif"');
  });

  test("adds a command, which is listed and runs like those of the core", async () => {
    const seen: Seen = { deleted: [], forgotten: [], events: [] };
    const command = await commandsOf([...FEATURES, toy(seen)]).greet?.load();
    const printed: string[] = [];
    const read = command?.schema(optionSchemas).parse({ name: "Ada", arguments: [] });
    const status = await command?.run(read, {
      json: false,
      print: (line) => void printed.push(line),
      show: () => undefined,
      style: (_, text) => text,
      note: () => undefined,
      log: silentLog,
      signal: new AbortController().signal,
      config: readConfig({}),
      commands: {},
      connect: () => Promise.reject(new Error("it needs no Anchorage")),
      findService: () => Promise.resolve(null),
    });
    expect([status, printed]).toEqual([0, ["hello Ada"]]);
  });

  test("cannot add a command under the name of another", () => {
    const twin: Feature = {
      name: "twin",
      commands: { import: { group: "Help", summary: "greet", load: () => Promise.resolve(toyCommand) } },
      open: () => Promise.resolve({}),
    };
    expect(() => commandsOf([...FEATURES, twin])).toThrow('"twin" adds a second command "import"');
  });

  test("resumes after a start and closes before the core", async () => {
    const app = await openWithToy();
    await app.features.resume();
    await app.close();
    expect(app.seen.events).toEqual(["opened", "resumed", "closed"]);
  });
});

test("features that were opened are closed where a later one cannot be", async () => {
  const seen: Seen = { deleted: [], forgotten: [], events: [] };
  const app = await openTestApp({ features: [] });
  onTestFinished(() => app.close());
  const broken: Feature = { name: "broken", open: () => Promise.reject(new Error("no licence")) };
  await expect(openFeatures(app.service, [toy(seen), broken])).rejects.toThrow("no licence");
  expect(seen.events).toEqual(["opened", "closed"]);
});
