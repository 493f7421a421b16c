import { isCidr } from "./access.ts";

/** Reads the text of a variable; `undefined` when it is not set. @throws Error whose message is the rule it breaks */
export type Parser<T> = (text: string | undefined) => T;

/** A whole number within bounds. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER): Parser<number> =>
  (text = "") => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isInteger(number) && number >= least && number <= most)
      return number;
    throw new Error(
      most === Number.MAX_SAFE_INTEGER
        ? `a whole number from ${least}`
        : `a whole number from ${least} to ${most}`,
    );
  };

export const text: Parser<string> = (given) => given ?? "";

/** A text of a form, named in words. */
export const matching =
  (form: RegExp, words: string): Parser<string> =>
  (given = "") => {
    if (form.test(given)) return given;
    throw new Error(words);
  };

export const flag: Parser<boolean> = (given) => oneOf("true", "false")(given) === "true";

export const oneOf =
  <T extends string>(...values: readonly T[]): Parser<T> =>
  (given) => {
    const found = values.find((value) => value === given);
    if (found !== undefined) return found;
    throw new Error(`one of ${values.join(", ")}`);
  };

/** Texts separated by commas; empty ones are left out. */
export const list: Parser<string[]> = (given = "") =>
  given
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** Blocks of addresses, separated by commas. */
export const cidrs: Parser<string[]> = (given) => {
  const found = list(given);
  if (found.every(isCidr)) return found;
  throw new Error("blocks of addresses such as 10.0.0.0/8 or fd00::/8, separated by commas");
};

/** At least one of some values, separated by commas. */
export const someOf =
  <T extends string>(...values: readonly T[]): Parser<T[]> =>
  (given) => {
    const found = list(given).map(oneOf(...values));
    if (found.length > 0) return found;
    throw new Error(`one or more of ${values.join(", ")}`);
  };

/** Anything, or nothing. */
export const optional =
  <T>(parser: Parser<T>): Parser<T | undefined> =>
  (given) =>
    given === undefined ? undefined : parser(given);
