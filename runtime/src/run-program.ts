import { StartError } from "./start-error.ts";

/** Runs a program of an operator: what keeps it from its work is one line with a hint, and exit code 1. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(`${error.message}; ${error.hint}`);
    process.exitCode = 1;
  }
}
