import { readFileSync } from "node:fs";
import { z } from "zod";

type Schema = Exclude<Parameters<typeof z.fromJSONSchema>[0], boolean>;
type Content = Record<string, { schema: Schema }>;
type Operation = { responses: Record<string, { content?: Content }> };
type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const FILE = new URL("../../../api/openapi.json", import.meta.url);

/** Patterns are meant with the flag u, which zod does not set: those that need it are left out. */
const withoutUnicode = (key: string, value: unknown): unknown =>
  key === "pattern" && String(value).includes("\\p{") ? undefined : value;

/** A JSON Schema by itself looks for what it names under `$defs`. */
const document = JSON.parse(
  readFileSync(FILE, "utf8").replaceAll("#/components/schemas/", "#/$defs/"),
  withoutUnicode,
) as Document;

const isOf = (template: string, path: string): boolean =>
  new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);

/** The operation of a path: one without parameters goes before one with them. */
function operationOf(method: string, path: string): Operation {
  const templates = Object.keys(document.paths).filter((template) => isOf(template, path));
  const template = templates.includes(path) ? path : templates[0];
  const operation = document.paths[template ?? ""]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`the document has no ${method} ${path}`);
  return operation;
}

type Answer = { status: number; type: string; body: unknown };

/** Whether an answer is what the API's document says of its route. @throws Error when it is not */
export function checkAnswer(method: string, path: string, { status, type, body }: Answer): void {
  const described = operationOf(method, path).responses[status];
  if (described === undefined) throw new Error(`${method} ${path} does not speak of ${status}`);
  if (status === 204) return;
  const schema = described.content?.[type]?.schema;
  if (schema === undefined) throw new Error(`${method} ${path}: ${status} is not to be ${type}`);
  const known = { ...schema, $defs: document.components.schemas };
  const found = z.fromJSONSchema(known).safeParse(body);
  if (!found.success) throw new Error(`${method} ${path}: ${z.prettifyError(found.error)}`);
}
