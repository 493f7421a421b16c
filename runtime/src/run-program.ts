import { operatorWords } from "./operator-words.ts";

/** Runs a program of an operator: what keeps it from its work is one line with a hint, and exit code 1. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const words = operatorWords(error);
    if (words === undefined) throw error;
    console.error(words);
    process.exitCode = 1;
  }
}
