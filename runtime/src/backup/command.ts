import { parseArgs, type ParseArgsConfig } from "node:util";
import { type Config, configFromEnvironment } from "../config.ts";
import { type Logger, makeLogger } from "../logger.ts";
import { operatorWords } from "../operator-words.ts";
import { StartError } from "../start-error.ts";

type Flags = Record<string, string | boolean | undefined>;

/** The flags of a command. @throws StartError that says how it is used */
function flagsOf(options: ParseArgsConfig["options"], usage: string): Flags {
  try {
    return parseArgs({ options: options ?? {} }).values as Flags;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(why, usage, { cause });
  }
}

/** A flag that may be given. */
export function given(flags: Flags, name: string): string | undefined {
  const text = flags[name];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** A flag that must be given. @throws StartError */
export function needed(flags: Flags, name: string, usage: string): string {
  const text = given(flags, name);
  if (text !== undefined) return text;
  throw new StartError(`--${name} is missing`, usage);
}

const hasSystemCode = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/** One line that says why, and a hint; other errors are ours, and told as they are. */
function tell(error: unknown): void {
  const words = operatorWords(error);
  if (words !== undefined) console.error(words);
  else if (hasSystemCode(error)) console.error(`${error.message}; nothing was kept of it`);
  else throw error;
  process.exitCode = 1;
}

/** An engine that was started for it ends with us. */
function endOnSignal(name: string): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      console.error(
        `${name} was interrupted; what is named \`.unfinished\` gives way to the next one`,
      );
      process.exit(1);
    });
}

/** Runs a command of an operator: its result goes to standard output, one line that says why there is none to standard error. */
export async function runCommand(
  name: string,
  usage: string,
  options: ParseArgsConfig["options"],
  run: (flags: Flags, config: Config, log: Logger) => Promise<object>,
): Promise<void> {
  endOnSignal(name);
  const startedAt = performance.now();
  try {
    const result = await run(
      flagsOf(options, usage),
      configFromEnvironment(),
      makeLogger("error", name),
    );
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    console.log(JSON.stringify({ ...result, seconds }));
  } catch (error) {
    tell(error);
  }
}
