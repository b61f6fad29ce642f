import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "prettier";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "..");
const SOURCE = join(ROOT, "src");
const OUTPUT = join(ROOT, "dist/types");
/** Modules that the package exports, by the name of their file of declarations. */
const ENTRIES = { index: "index.ts", client: "features/client.ts" } as const;

/**
 * Writes the declarations of what the package exports to `dist/types`: one file for each entry, and one for what they
 * share. A type that is inferred from a zod schema is written out, so that a program that uses the package compiles
 * without zod.
 *
 * @returns seconds that it took
 */
export const writeTypes = async (): Promise<number> => {
  const started = performance.now();
  await mkdir(join(ROOT, "dist"), { recursive: true });
  const aside = await mkdtemp(join(ROOT, "dist/.types-"));
  try {
    const program = ts.createProgram(
      Object.values(ENTRIES).map((entry) => join(SOURCE, entry)),
      compilerOptions(),
    );
    const waiting = Object.values(ENTRIES).map((entry) => join(SOURCE, entry));
    const seen = new Set(waiting);
    for (const path of waiting) {
      const text = declarationsOf(program, path);
      const target = join(aside, relative(SOURCE, path).replace(/\.ts$/, ".d.ts"));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
      for (const next of importedBy(path, text)) {
        if (seen.has(next)) continue;
        seen.add(next);
        waiting.push(next);
      }
    }
    await bundle(aside);
  } finally {
    await rm(aside, { recursive: true });
  }
  return (performance.now() - started) / 1000;
};

const compilerOptions = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: unknown };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  return { ...options, noEmit: false, incremental: false, declaration: true, rootDir: SOURCE };
};

/** The declarations of one module, its relative imports by `.js`, its inferred types written out. */
const declarationsOf = (program: ts.Program, path: string): string => {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`${path} is no part of the program`);
  let text = "";
  program.emit(source, (_, written) => (text = written), undefined, true);
  const inferred = new Map(
    source.statements.filter(ts.isTypeAliasDeclaration).map((alias) => [alias.name.text, alias]),
  );
  const checker = program.getTypeChecker();
  const parsed = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  for (const statement of [...parsed.statements].reverse()) {
    if (!/\bz\.\w/.test(statement.getText())) continue;
    const replace = (node: ts.Node, by: string): void =>
      void (text = text.slice(0, node.getStart()) + by + text.slice(node.end));
    if (ts.isTypeAliasDeclaration(statement)) {
      const alias = inferred.get(statement.name.text);
      if (alias === undefined) continue;
      replace(statement.type, checker.typeToString(checker.getTypeAtLocation(alias.name), alias, FORMAT));
    } else if (ts.isVariableStatement(statement)) {
      // A schema, to which no type refers any more; imports of it go with the bundle.
      for (const { type } of [...statement.declarationList.declarations].reverse())
        if (type !== undefined) replace(type, "unknown");
    }
  }
  return text.replace(/(["'])(\.{1,2}\/[^"']*)\.ts\1/g, "$1$2.js$1");
};

const FORMAT: ts.TypeFormatFlags =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.InTypeAlias |
  ts.TypeFormatFlags.MultilineObjectLiterals;

/** The modules of `src` that a text of declarations names. */
const importedBy = (path: string, text: string): string[] =>
  [...text.matchAll(/["'](\.{1,2}\/[^"']*)\.js["']/g)].map(([, specifier = ""]) =>
    resolve(dirname(path), `${specifier}.ts`),
  );

const bundle = async (folder: string): Promise<void> => {
  const input = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, entry]) => [name, join(folder, entry.replace(/\.ts$/, ".d.ts"))]),
  );
  const built = await rollup({
    input,
    plugins: [dts()],
    external: /^[^./]/,
    // Each module imported zod, which no declaration names any more.
    onwarn: () => undefined,
    treeshake: { moduleSideEffects: "no-external" },
  });
  const { output } = await built.generate({ entryFileNames: "[name].d.ts", chunkFileNames: "shared.d.ts" });
  await built.close();
  const client = join(ROOT, "dist", ENTRIES.client.replace(/\.ts$/, ".js"));
  const real = new Set(Object.keys((await import(pathToFileURL(client).href)) as object));
  real.add("openAnchorage");
  await rm(OUTPUT, { recursive: true, force: true });
  await mkdir(OUTPUT);
  for (const file of output) {
    if (file.type !== "chunk") continue;
    const code = withoutValues(file.code, real).replace(/^import '[^']*';\n/gm, "");
    await writeFile(
      join(OUTPUT, file.fileName),
      await format(code, { parser: "typescript", printWidth: 110 }),
    );
  }
};

/** Takes from `export { … }` what is a value and no export of the JavaScript: `export type *` exports those too. */
const withoutValues = (code: string, real: ReadonlySet<string>): string =>
  code.replace(/^export \{ (.*) \}/gm, (_, names: string) => {
    const kept = names.split(", ").filter((name) => real.has(name) || /^[A-Z]/.test(name));
    return `export { ${kept.join(", ")} }`;
  });
