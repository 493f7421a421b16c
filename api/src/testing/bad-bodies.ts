import { formsOf, goodValue, type Schema, takesNull } from "./good-value.ts";

/** A value that breaks a rule, and the field that the answer has to name. */
type Bad = { how: string; field: string; value: unknown };
/** A body that breaks rules in these fields alone. */
export type BadBody = { how: string; fields: string[]; body: unknown };

const UNKNOWN = "unheardOf";
const TOO_LONG = "a".repeat(10_001);
const BELL = "\u0007";

const join = (...path: string[]): string => path.filter(Boolean).join(".");

/** Something of another type. */
const mistyped = (schema: Schema): unknown =>
  formsOf(schema).some(({ type }) => type === "string") ? 12 : TOO_LONG.slice(0, 5);

function badTexts(form: Schema, field: string): Bad[] {
  const long = { how: "too long", field, value: TOO_LONG };
  if (form.enum !== undefined) return [long];
  const control = `${String(goodValue(form))}${BELL}`;
  return [long, { how: "a control character", field, value: control }];
}

const within = (bads: Bad[], wrap: (value: unknown) => unknown): Bad[] =>
  bads.map((bad) => ({ ...bad, value: wrap(bad.value) }));

/** Every way in which one value of a form is wrong, at its own place or below it. */
function badForms(form: Schema, field: string): Bad[] {
  if (form.type === "string") return badTexts(form, field);
  if (form.type === "array")
    return within(badValues(form.items ?? {}, join(field, "0")), (v) => [v]);
  if (form.properties !== undefined) return badObjects(form, field);
  if (typeof form.additionalProperties !== "object") return [];
  return within(badValues(form.additionalProperties, join(field, "news")), (v) => ({ news: v }));
}

/** A right object, which has a certain field when one of the examples has. */
function goodWith(form: Schema, name: string): Record<string, unknown> {
  const examples = (form.examples ?? []) as Record<string, unknown>[];
  const good = goodValue(form) as Record<string, unknown>;
  return examples.find((example) => name in example) ?? good;
}

function badObjects(form: Schema, field: string): Bad[] {
  const { properties = {}, required = [] } = form;
  const missing = required.map((name) => {
    const { [name]: _gone, ...value } = goodWith(form, name);
    return { how: "missing", field: join(field, name), value };
  });
  const wrong = Object.entries(properties).flatMap(([name, schema]) =>
    within(badValues(schema, join(field, name)), (value) => ({
      ...goodWith(form, name),
      [name]: value,
    })),
  );
  const unknown = { ...goodWith(form, UNKNOWN), [UNKNOWN]: 1 };
  return [...missing, ...wrong, { how: "unknown", field: join(field, UNKNOWN), value: unknown }];
}

function badValues(schema: Schema, field: string): Bad[] {
  const nothing = { how: "null", field, value: null };
  return [
    { how: "another type", field, value: mistyped(schema) },
    ...(takesNull(schema) ? [] : [nothing]),
    ...formsOf(schema).flatMap((form) => badForms(form, field)),
  ];
}

/** The field by which a form of several is known stays right: without it no other field is looked at. */
const isKnownBy = ({ enum: words }: Schema, isOneOfSeveral: boolean): boolean =>
  isOneOfSeveral && words?.length === 1;

function allAtOnce(form: Schema, isOneOfSeveral: boolean): BadBody {
  const fields = Object.entries(form.properties ?? {});
  const values = fields.map(([name, schema]) =>
    isKnownBy(schema, isOneOfSeveral) ? [name, goodValue(schema)] : [name, mistyped(schema)],
  );
  const wrong = fields.filter(([, schema]) => !isKnownBy(schema, isOneOfSeveral));
  const body = { ...(Object.fromEntries(values) as object), [UNKNOWN]: 1 };
  return { how: "all at once", fields: [...wrong.map(([name]) => name), UNKNOWN], body };
}

/** Every body that breaks one rule of a schema, and for each form one that breaks a rule in every field. */
export function badBodies(schema: Schema): BadBody[] {
  const forms = formsOf(schema);
  return forms.flatMap((form) => [
    ...badObjects(form, "").map(({ how, field, value }) => ({ how, fields: [field], body: value })),
    allAtOnce(form, forms.length > 1),
  ]);
}
