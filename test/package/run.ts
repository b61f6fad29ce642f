import { execFile } from "node:child_process";
import { promisify } from "node:util";

interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment of a person's shell: nothing of the npm or the tests that run this. */
export const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_|TEST$|INIT_CWD)/.test(name)),
  );

/** Runs a program to its end. @returns what it wrote; @throws Error with that where it fails */
export const run = async (
  program: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<{ readonly stdout: string; readonly stderr: string }> => {
  const options = { cwd, env: { ...cleanEnvironment(), ...env }, maxBuffer: 2 ** 26 };
  try {
    return await promisify(execFile)(program, [...args], options);
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
};
