import { Category, SuppressionReason, Timestamp } from "@waybill/schemas/shapes";
import { z } from "zod";
import { type FieldError, Problem } from "../errors.ts";
import { Address } from "../resources/addresses.ts";
import { Line } from "../shapes/line.ts";
import { CsvBroken, readCsv } from "./csv.ts";

/** Rows of one import. */
const MOST_ROWS = 10_000;

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
type Given = { line: number; said: unknown };
type Read = { given: Given[]; errors: FieldError[] };

const errorAt = (line: number, rule: string, field?: string): FieldError => ({
  field: field === undefined ? `rows.${line}` : `rows.${line}.${field}`,
  rule,
});

function givenInCsv(text: string): Read {
  try {
    const [header, ...lines] = readCsv(text);
    const names = (header?.fields ?? []).map((name) => name.trim());
    const named = (fields: string[]) =>
      Object.fromEntries(
        fields
          .map((field, at) => [names[at] ?? `column ${at + 1}`, field.trim()] as const)
          .filter(([, field]) => field !== ""),
      );
    return { given: lines.map(({ line, fields }) => ({ line, said: named(fields) })), errors: [] };
  } catch (error) {
    if (!(error instanceof CsvBroken)) throw error;
    return { given: [], errors: [errorAt(error.line, error.message)] };
  }
}

function givenInJson(text: string): Read {
  const read: Read = { given: [], errors: [] };
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    try {
      read.given.push({ line: at + 1, said: JSON.parse(line) });
    } catch {
      read.errors.push(errorAt(at + 1, "the line is not JSON"));
    }
  }
  return read;
}

function errorsOf(line: number, { issues }: z.ZodError): FieldError[] {
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => errorAt(line, "not known here", key))
      : [errorAt(line, issue.message, issue.path.map(String).join(".") || undefined)],
  );
}

/**
 * The rows of a file of suppressions: all of them, or every rule that a row breaks, named by the
 * number of its line.
 * @throws Problem invalid_body
 */
export function readRows(text: string, format: "csv" | "ndjson"): Row[] {
  const { given, errors } = format === "csv" ? givenInCsv(text) : givenInJson(text);
  const rows: Row[] = [];
  for (const { line, said } of given) {
    const row = Row.safeParse(said);
    if (row.success) rows.push(row.data);
    else errors.push(...errorsOf(line, row.error));
  }
  if (given.length > MOST_ROWS) errors.push({ field: "rows", rule: `at most ${MOST_ROWS} rows` });
  if (given.length === 0 && errors.length === 0)
    errors.push({ field: "rows", rule: "there is none" });
  if (errors.length > 0)
    throw new Problem("invalid_body", `${errors.length} errors; nothing was imported`, { errors });
  return rows;
}
