import type { Suppression } from "@waybill/schemas";
import { z } from "zod";
import { goneSignal, lines, started } from "../answer-stream.ts";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { askedOf, Reason, saidIn } from "../resource/request.ts";
import { json, named } from "../shapes/named.ts";
import { BODY, problems } from "../shapes/problem.ts";
import { Streamed } from "../shapes/streamed.ts";
import { csvLine } from "../suppressions/csv.ts";
import { importRows } from "../suppressions/import-rows.ts";
import { COLUMNS, readRows } from "../suppressions/rows.ts";

const REFUSED = ["unauthenticated", "forbidden", "unavailable"] as const;
const [CSV, NDJSON] = ["text/csv", "application/x-ndjson"] as const;

/** Octets of an import: 10,000 rows of the longest addresses. */
const LARGEST = 5 * 1024 * 1024;
/** Milliseconds an import, and an export, may take. */
const LONGEST = 300_000;

const Imported = named(
  "ImportedSuppressions",
  z.object({
    imported: z.int().describe("addresses that are new on the list"),
    existing: z.int().describe("rows whose address was on it, and stays as it was"),
  }),
);

const importSchema = {
  summary: "Put many addresses on the suppression list",
  description:
    "At most 10,000 rows, as CSV with a header line or as JSON lines, in the columns of the export: " +
    `${COLUMNS.map((name) => `\`${name}\``).join(", ")}; all but \`address\` may be left out. All rows are taken, ` +
    "or none: `errors` names each rule that a row breaks as `rows.<line>.<column>`.",
  tags: ["suppressions"],
  consumes: [CSV, NDJSON],
  headers: Reason,
  body: z.string(),
  response: { 200: json("How many rows were new", Imported), ...problems(...BODY, ...REFUSED) },
};

const exportSchema = {
  summary: "The suppression list as a file",
  tags: ["suppressions"],
  querystring: z.strictObject({ format: z.enum(["ndjson", "csv"]).default("ndjson") }),
  response: {
    200: {
      description: "A row for each address",
      content: { [NDJSON]: { schema: Streamed }, [CSV]: { schema: Streamed } },
    },
    ...problems("invalid_request", ...REFUSED),
  },
};

const jsonRow = (one: Suppression): string =>
  `${JSON.stringify(Object.fromEntries(COLUMNS.map((name) => [name, one[name]])))}\n`;
const csvRow = (one: Suppression): string => csvLine(COLUMNS.map((name) => one[name] ?? ""));

async function* rowsOf(
  all: readonly Suppression[],
  format: "ndjson" | "csv",
  gone: AbortSignal,
): AsyncGenerator<string> {
  yield format === "csv" ? csvLine(COLUMNS) : "";
  for (const one of all) {
    if (gone.aborted) return;
    yield format === "csv" ? csvRow(one) : jsonRow(one);
  }
}

/** Import and export of the suppression list. */
export function suppressionListRoutes(app: App, deps: Deps): void {
  const schema = exportSchema;
  app.get(
    "/suppressions/export",
    { schema, config: { may: "mail:read" }, handlerTimeout: LONGEST },
    async (request, reply) => {
      const { format } = request.query;
      const all = deps.directory.entities(callerOf(request.caller).tenant, "suppression");
      const rows = lines(rowsOf(all, format, goneSignal(reply)));
      return reply.type(format === "csv" ? CSV : NDJSON).send(await started(rows));
    },
  );
  void app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([CSV, NDJSON], { parseAs: "string" }, (_request, text, done) => {
      done(null, text);
    });
    scope.post(
      "/suppressions/import",
      {
        schema: importSchema,
        config: { may: "mail:operate" },
        bodyLimit: LARGEST,
        handlerTimeout: LONGEST,
      },
      (request) => {
        const isCsv = request.headers["content-type"]?.startsWith(CSV) === true;
        const rows = readRows(request.body, isCsv ? "csv" : "ndjson");
        return importRows(askedOf(deps, request), rows, saidIn(request).reason);
      },
    );
  });
}
