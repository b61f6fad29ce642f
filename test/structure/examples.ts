import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import ts from "typescript";

/** An `@example` of a comment in src. */
export interface Example {
  /** Such as `src/math/order.ts:3`. */
  readonly at: string;
  readonly file: string;
  readonly code: string;
}

/** Names that examples take from packages. */
const PACKAGES: Readonly<Record<string, string>> = {
  InferenceSession: 'import { InferenceSession } from "onnxruntime-node";',
  pg: 'import pg from "pg";',
  readFile: 'import { readFile } from "node:fs/promises";',
  serve: 'import { serve } from "@hono/node-server";',
  writeFile: 'import { writeFile } from "node:fs/promises";',
  z: 'import { z } from "@hono/zod-openapi";',
};

/** Names that examples do not explain, because a caller has them: the type of each. */
const GIVEN: Readonly<Record<string, string>> = {
  anchors: "readonly Anchor[]",
  answer: "(request: Request) => Promise<Response>",
  app: "Routes['app']",
  birds: "ReturnType<AnchorageClient['collection']>",
  bytes: "Uint8Array",
  calibrations: "Calibrations",
  chain: "readonly ReceiptEntry[]",
  checks: "Checks",
  client: "AnchorageClient",
  collection: "CollectionRecord",
  config: "Config",
  core: "Core",
  cosines: "(images: Float32Array, texts: Float32Array) => Float64Array",
  covariance: "Float64Array",
  d: "number",
  dataDir: "string",
  directory: "string",
  encode: "() => Promise<void>",
  encoder: "EncoderId",
  encoding: "Encoding",
  erasures: "Erasures",
  evaluations: "Evaluations",
  faultOf: "PlanOptions['faultOf']",
  file: "string",
  folds: "readonly Fold[]",
  gram: "Gram",
  graph: "Graph",
  helloRoute: "Parameters<typeof jsonEndpoint>[1]",
  id: "AnchorId",
  ids: "readonly AnchorId[]",
  imageInfo: "EncoderInfo",
  imageVector: "Float32Array",
  index: "{ add(id: AnchorId, vector: Float32Array): void }",
  input: "ClassifyInput",
  jobs: "Jobs",
  json: "string",
  log: "Log",
  manifest: "ImageManifest",
  metrics: "{ series: Parameters<typeof startTelemetry>[1] }",
  name: "CollectionName",
  names: "readonly string[]",
  next: "() => Promise<Uint8Array>",
  numbers: "Float32Array",
  onProgress: "PlanOptions['onProgress']",
  opened: "OpenCollection",
  pair: "Pair",
  receipt: "ReceiptEntry & { readonly salt: Uint8Array; readonly anchors: Uint8Array }",
  registry: "EncoderRegistry",
  request: "Request",
  requestId: "string",
  routes: "Routes",
  rows: "Float32Array",
  score: "(row: number) => number",
  settings: "AsifSettings",
  signal: "AbortSignal",
  source: "PairSource",
  store: "Store",
  textInfo: "EncoderInfo",
  textVector: "Float32Array",
  tokenize: "(text: string) => readonly number[]",
  topology: "never",
  tunings: "Tunings",
  vectors: "Float32Array",
  view: "AnchorView",
  weights: "never",
};

const DECLARATION =
  /^export (?:declare |abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

const sources = async (): Promise<ReadonlyMap<string, string>> => {
  const files = (await readdir("src", { recursive: true })).filter((file) => file.endsWith(".ts")).sort();
  return new Map(
    await Promise.all(
      files.map(async (file) => [join("src", file), await readFile(join("src", file), "utf8")] as const),
    ),
  );
};

/** Every example, and the file that declares each exported name. */
export const readExamples = async (): Promise<{
  readonly examples: readonly Example[];
  readonly exporters: ReadonlyMap<string, string>;
}> => {
  const files = await sources();
  const exporters = new Map<string, string>();
  for (const [file, text] of files)
    for (const [, name = ""] of text.matchAll(DECLARATION)) exporters.set(name, file);
  const examples = [...files].flatMap(([file, text]) =>
    [...text.matchAll(/\/\*\*.*?\*\//gs)].flatMap(({ 0: comment, index }) =>
      codesOf(comment).map((code): Example => ({
        at: `${file}:${text.slice(0, index).split("\n").length}`,
        file,
        code,
      })),
    ),
  );
  return { examples, exporters };
};

const codesOf = (comment: string): string[] =>
  comment
    .slice("/**".length, -"*/".length)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .split(/^@example\b/m)
    .slice(1)
    .map((part) => {
      const [own = ""] = part.split(/^@\w/m);
      return /```ts\n(.*?)```/s.exec(own)?.[1] ?? own.trim();
    });

/** The example as a module: what it names is imported by its exported name, or declared as given. */
export const moduleOf = (
  { file, code }: Example,
  exporters: ReadonlyMap<string, string>,
  body: string = code,
): { readonly text: string; readonly isSelfContained: boolean } => {
  const parsed = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const { used, declared } = namesIn(parsed);
  const free = [...used].filter((name) => !declared.has(name));
  const isOwn = (name: string): boolean => exporters.get(name) === file;
  const given = free.filter((name) => GIVEN[name] !== undefined && !isOwn(name));
  const declarations = given.map((name) => `declare const ${name}: ${GIVEN[name] ?? "unknown"};`);
  const typeNames = namesIn(
    ts.createSourceFile("given.ts", declarations.join("\n"), ts.ScriptTarget.Latest, true),
  ).used;
  const imported = [...new Set([...free.filter((name) => !given.includes(name)), ...typeNames])].flatMap(
    (name) => {
      const exporter = exporters.get(name);
      if (PACKAGES[name] !== undefined && !isOwn(name)) return PACKAGES[name];
      return exporter === undefined || declared.has(name)
        ? []
        : `import { ${name} } from ${JSON.stringify(resolve(exporter))};`;
    },
  );
  const isSelfContained = given.length === 0 && !free.some((name) => PACKAGES[name] !== undefined);
  return { text: [...imported, ...declarations, "export {};", body].join("\n"), isSelfContained };
};

const namesIn = (parsed: ts.SourceFile): { readonly used: Set<string>; readonly declared: Set<string> } => {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isKey =
        (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
        ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node) ||
        (ts.isMethodSignature(parent) && parent.name === node) ||
        (ts.isBindingElement(parent) && parent.propertyName === node);
      const isDeclaration =
        (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) &&
        parent.name === node;
      if (isDeclaration) declared.add(node.text);
      else if (!isKey) used.add(node.text);
    }
    node.forEachChild(visit);
  };
  visit(parsed);
  return { used, declared };
};

/** What TypeScript has against the modules, by the name of each. */
export const faultsOf = (modules: ReadonlyMap<string, string>): string[] => {
  const { config } = ts.readConfigFile("tsconfig.json", (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
  const relaxed: ts.CompilerOptions = {
    ...options,
    incremental: false,
    isolatedModules: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
  };
  delete relaxed.tsBuildInfoFile;
  const texts = new Map([...modules].map(([name, text]) => [resolve(name), text]));
  const program = ts.createProgram({
    rootNames: [...texts.keys()],
    options: relaxed,
    host: hostOf(relaxed, texts),
  });
  return [...texts.keys()].flatMap((path, i) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) =>
        `${[...modules.keys()][i] ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  });
};

/** A host that has these files beside those on disk. */
const hostOf = (options: ts.CompilerOptions, texts: ReadonlyMap<string, string>): ts.CompilerHost => {
  const disk = ts.createCompilerHost(options);
  return {
    ...disk,
    fileExists: (file) => texts.has(file) || disk.fileExists(file),
    readFile: (file) => texts.get(file) ?? disk.readFile(file),
    getSourceFile: (file, languageVersion, ...more) => {
      const text = texts.get(file);
      return text === undefined
        ? disk.getSourceFile(file, languageVersion, ...more)
        : ts.createSourceFile(file, text, languageVersion, true);
    },
  };
};

/**
 * The example with each value that a comment promises compared: `expression; // value`, where the value is a literal,
 * perhaps followed by a colon and words. Undefined where it promises none.
 */
export const comparing = (code: string): string | undefined => {
  const parsed = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const body = parsed.statements.map((statement) => {
    const comment = /^(?:[ \t]*|\n)\/\/ (.*)/.exec(code.slice(statement.end))?.[1];
    if (comment === undefined || !ts.isExpressionStatement(statement)) return statement.getText();
    const literal = literalIn(comment);
    if (literal === undefined) return statement.getText();
    return `compare(${statement.expression.getText()}, ${literal});`;
  });
  return body.some((statement) => statement.startsWith("compare(")) ? body.join("\n") : undefined;
};

const literalIn = (comment: string): string | undefined =>
  [comment, comment.replace(/: [^:"]*$/, "")].find((text) => {
    const { statements, parseDiagnostics } = ts.createSourceFile(
      "value.ts",
      `(${text});`,
      ts.ScriptTarget.Latest,
      true,
    ) as ts.SourceFile & { readonly parseDiagnostics: readonly ts.Diagnostic[] };
    const [only] = statements;
    return (
      parseDiagnostics.length === 0 &&
      statements.length === 1 &&
      only !== undefined &&
      ts.isExpressionStatement(only) &&
      isLiteral(only.expression)
    );
  });

const SIMPLE: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.NumericLiteral,
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.FalseKeyword,
  ts.SyntaxKind.NullKeyword,
]);

const isLiteral = (node: ts.Node): boolean => {
  if (SIMPLE.has(node.kind)) return true;
  if (ts.isParenthesizedExpression(node)) return isLiteral(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isLiteral(node.operand);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(isLiteral);
  return (
    ts.isObjectLiteralExpression(node) &&
    node.properties.every((own) => ts.isPropertyAssignment(own) && isLiteral(own.initializer))
  );
};
