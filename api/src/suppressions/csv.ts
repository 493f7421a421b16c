/** One field, or the comma or line end behind it (RFC 4180 2). */
const FIELD = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
const AFTER = /,|\r?\n|$/y;

/** A line of a CSV file: its number, from 1, and its fields. */
export type CsvLine = { line: number; fields: string[] };

/** The text of a CSV file is none from this line on. */
export class CsvBroken extends Error {
  readonly line: number;

  constructor(line: number) {
    super("a quoted field does not end, or text follows it (RFC 4180)");
    this.name = "CsvBroken";
    this.line = line;
  }
}

const lineEnds = (text: string): number => text.split("\n").length - 1;

const hasText = ({ fields }: CsvLine): boolean => fields.some((field) => field !== "");

/**
 * The lines of a CSV file; those without any text are left out. Of a longer one as many as `most` are
 * read. @throws CsvBroken
 */
export function readCsv(text: string, most = Number.POSITIVE_INFINITY): CsvLine[] {
  const lines: CsvLine[] = [];
  let [at, line] = [text.startsWith("\uFEFF") ? 1 : 0, 1];
  let current: CsvLine = { line, fields: [] };
  while (at < text.length && lines.length < most) {
    FIELD.lastIndex = at;
    const [whole = "", quoted, plain = ""] = FIELD.exec(text) ?? [];
    line += lineEnds(whole);
    AFTER.lastIndex = at + whole.length;
    const after = AFTER.exec(text)?.[0];
    if (after === undefined) throw new CsvBroken(line);
    current.fields.push(unmarked(quoted?.replaceAll('""', '"') ?? plain));
    at += whole.length + after.length;
    if (after === ",") {
      if (at === text.length) current.fields.push("");
      continue;
    }
    line += lineEnds(after);
    if (hasText(current)) lines.push(current);
    current = { line, fields: [] };
  }
  if (hasText(current)) lines.push(current);
  return lines;
}

/** What spreadsheets take for a formula, behind any marks that say that it is a text. */
const FORMULA = /^'*[=+@\t\r-]/;

/** With the mark of spreadsheets for a text where they would calculate: an address is a stranger's. */
const marked = (field: string): string => (FORMULA.test(field) ? `'${field}` : field);
const unmarked = (field: string): string =>
  field.startsWith("'") && FORMULA.test(field) ? field.slice(1) : field;

const quoted = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

/** One line of a CSV file, with its end. */
export const csvLine = (fields: readonly string[]): string =>
  `${fields.map((field) => quoted(marked(field))).join(",")}\r\n`;
