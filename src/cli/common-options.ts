import type { AnyCommand, Option } from "../command.ts";

const DATA_DIR: Readonly<Record<string, Option>> = {
  "data-dir": { type: "string", value: "DIR", help: "the folder of the data [DATA_DIR, else ./data]" },
};

const SERVICE: Readonly<Record<string, Option>> = {
  url: { type: "string", value: "URL", help: "a running service [ANCHORAGE_URL]" },
  "api-key": {
    type: "string",
    value: "KEY",
    help: "the key of that service [ANCHORAGE_API_KEY or API_KEY; _FILE after either names a file that holds it]",
  },
};

const JSON_OUTPUT: Readonly<Record<string, Option>> = {
  json: { type: "boolean", help: "print JSON, for programs" },
};

/** All common options, to tell one that another command has from one that no command has. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = { ...SERVICE, ...DATA_DIR, ...JSON_OUTPUT };

/** The options that a command has beside its own, by what it works on. */
export const commonOptions = ({
  on,
  hasJson = true,
}: Pick<AnyCommand, "on" | "hasJson">): Readonly<Record<string, Option>> => ({
  ...(on === "anchorage" ? SERVICE : {}),
  ...(on === undefined ? {} : DATA_DIR),
  ...(hasJson ? JSON_OUTPUT : {}),
});

/** The values of common options, where given. */
export interface CommonValues {
  readonly url?: string;
  readonly apiKey?: string;
  readonly dataDir?: string;
  readonly json: boolean;
}

/** Separates the values of common options from a command's own, or says which are wrong. */
export const takeCommon = (
  values: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, Option>>,
):
  { readonly common: CommonValues; readonly rest: Readonly<Record<string, unknown>> } | { fault: string } => {
  const rest = Object.fromEntries(
    Object.entries(values).filter(([name]) => name in own || !(name in COMMON_OPTIONS)),
  );
  const text = (name: string): string | undefined =>
    name in own || typeof values[name] !== "string" ? undefined : values[name];
  const [url, apiKey, dataDir] = [text("url"), text("api-key"), text("data-dir")];
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url))
    return { fault: "--url must be an address such as http://127.0.0.1:8080" };
  if (url !== undefined && dataDir !== undefined) return { fault: "--url and --data-dir exclude each other" };
  for (const name of ["api-key", "data-dir"])
    if (text(name) === "") return { fault: `--${name} must not be empty` };
  return {
    rest,
    common: {
      json: !("json" in own) && values.json === true,
      ...(url === undefined ? {} : { url }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(dataDir === undefined ? {} : { dataDir }),
    },
  };
};

/** The environment of a process with the common options in it, as `readConfig` takes it. */
export const environmentWith = (
  { url, apiKey, dataDir }: CommonValues,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> => ({
  ...environment,
  ...(url === undefined ? {} : { ANCHORAGE_URL: url }),
  ...(apiKey === undefined ? {} : { ANCHORAGE_API_KEY: apiKey, ANCHORAGE_API_KEY_FILE: undefined }),
  // A folder on the command line is meant, whatever service the environment names.
  ...(dataDir === undefined ? {} : { DATA_DIR: dataDir, ANCHORAGE_URL: undefined }),
});
