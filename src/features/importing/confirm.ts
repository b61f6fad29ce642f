import { createInterface } from "node:readline/promises";

/**
 * Asks a question on the terminal.
 *
 * @returns whether the answer begins with "y"; null without a terminal
 */
export const confirm = async (question: string, signal: AbortSignal): Promise<boolean | null> => {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return null;
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return /^y/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
};
