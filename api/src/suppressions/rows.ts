import { Category, SuppressionReason, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { type FieldError, Problem } from "../errors.ts";
import { Address } from "../resources/addresses.ts";
import { Line } from "../shapes/line.ts";
import { CsvBroken, readCsv } from "./csv.ts";

/** Rows of one import, and errors that are told of it. */
const [MOST_ROWS, MOST_ERRORS] = [10_000, 100];

/** What a row says; an export has the same columns. */
const Row = z.strictObject({
  address: Address,
  reason: SuppressionReason.default("manual"),
  origin: Line.min(1).max(100).default("import"),
  category: Category.optional(),
  at: Timestamp.optional(),
  expiresAt: Timestamp.optional(),
});
export type Row = z.infer<typeof Row>;

/** The columns of an export, in their order. */
export const COLUMNS = Object.keys(Row.shape) as (keyof Row)[];

/** A row as it came, with the number of its line. */
type Given = { line: number; said?: unknown };

const refuse = (errors: readonly FieldError[]): never => {
  const count =
    errors.length < MOST_ERRORS ? `${errors.length} errors` : `${MOST_ERRORS} errors or more`;
  const told = errors.slice(0, MOST_ERRORS);
  throw new Problem("invalid_body", `${count}; nothing was imported`, { errors: told });
};

const errorAt = (line: number, rule: string, field?: string): FieldError => ({
  field: field === undefined ? `rows.${line}` : `rows.${line}.${field}`,
  rule,
});

/** @throws Problem invalid_body */
function linesOfCsv(text: string) {
  try {
    return readCsv(text, MOST_ROWS + 2);
  } catch (error) {
    if (!(error instanceof CsvBroken)) throw error;
    return refuse([errorAt(error.line, error.message)]);
  }
}

function givenInCsv(text: string): Given[] {
  const [header, ...lines] = linesOfCsv(text);
  const names = (header?.fields ?? []).map((name) => name.trim());
  const named = (fields: string[]) =>
    Object.fromEntries(
      fields
        .map((field, at) => [names[at] ?? `column ${at + 1}`, field.trim()] as const)
        .filter(([, field]) => field !== ""),
    );
  return lines.map(({ line, fields }) => ({ line, said: named(fields) }));
}

function givenInJson(text: string): Given[] {
  const lines = text.split(/\r?\n/).map((said, at) => ({ line: at + 1, said }));
  const filled = lines.filter(({ said }) => said.trim() !== "");
  return filled.slice(0, MOST_ROWS + 1).map(({ line, said }) => {
    try {
      return { line, said: JSON.parse(said) as unknown };
    } catch {
      return { line };
    }
  });
}

function errorsOf({ line, ...row }: Given, { issues }: z.ZodError): FieldError[] {
  if (!("said" in row)) return [errorAt(line, "the line is not JSON")];
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.slice(0, MOST_ERRORS).map((key) => errorAt(line, "not known here", key))
      : [errorAt(line, issue.message, issue.path.map(String).join(".") || undefined)],
  );
}

/**
 * The rows of a file of suppressions: all of them, or the rules that its rows break, named by the
 * number of their line.
 * @throws Problem invalid_body
 */
export function readRows(text: string, format: "csv" | "ndjson"): Row[] {
  const given = format === "csv" ? givenInCsv(text) : givenInJson(text);
  if (given.length > MOST_ROWS) refuse([{ field: "rows", rule: `at most ${MOST_ROWS} rows` }]);
  if (given.length === 0) refuse([{ field: "rows", rule: "there is none" }]);
  const [rows, errors]: [Row[], FieldError[]] = [[], []];
  for (const one of given) {
    const row = Row.safeParse(one.said);
    if (row.success) rows.push(row.data);
    else errors.push(...errorsOf(one, row.error));
    if (errors.length >= MOST_ERRORS) break;
  }
  if (errors.length > 0) refuse(errors);
  return rows;
}
