/** As much of JSON Schema as the bodies of our document use. */
export type Schema = {
  type?: string | string[];
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  examples?: unknown[];
  additionalProperties?: Schema | boolean;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  minimum?: number;
  pattern?: string;
};

/** Texts of which one fits wherever a text is asked for. */
const TEXTS = [
  "news",
  "ann@example.com",
  "example.com",
  "2026-11-01T00:00:00Z",
  "long enough text",
];

const fits =
  ({ pattern = "", minLength = 0, maxLength = Infinity }: Schema) =>
  (text: string) =>
    new RegExp(pattern, "u").test(text) && text.length >= minLength && text.length <= maxLength;

/** What a field takes beside null: the forms of an object, or the one form of anything else. */
export function formsOf(schema: Schema): Schema[] {
  const forms = (schema.oneOf ?? schema.anyOf ?? [schema]).filter(({ type }) => type !== "null");
  return forms.includes(schema) ? forms : forms.flatMap(formsOf);
}

/** Whether a field may be null. */
export const takesNull = ({ type, anyOf = [] }: Schema): boolean =>
  [type].flat().includes("null") || anyOf.some(takesNull);

/** The least that is right, field by field; what only the handler knows to be wrong may be wrong. */
export function goodValue(schema: Schema): unknown {
  const [form = {}] = formsOf(schema);
  if (form.examples !== undefined) return form.examples[0];
  if (form.enum !== undefined) return form.enum[0];
  const [type] = [form.type].flat();
  if (type === "object") return goodObject(form);
  if (type === "array") return form.minItems === undefined ? [] : [goodValue(form.items ?? {})];
  if (type === "string") return TEXTS.find(fits(form));
  return type === "boolean" ? true : (form.minimum ?? 0);
}

function goodObject({ properties = {}, required = [] }: Schema): Record<string, unknown> {
  const needed = Object.entries(properties).filter(([name]) => required.includes(name));
  return Object.fromEntries(needed.map(([name, schema]) => [name, goodValue(schema)]));
}
