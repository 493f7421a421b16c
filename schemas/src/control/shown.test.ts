import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { Entity } from "./fact.ts";
import { shown } from "./shown.ts";

const SECRET = /^(hash|token|sealed.*|.*(password|secret|privateKey).*)$/i;
const MARK = "not-to-be-seen";

type Json = {
  anyOf?: Json[];
  oneOf?: Json[];
  allOf?: Json[];
  const?: string;
  enum?: unknown[];
  type?: string | undefined;
  items?: Json;
  properties?: Record<string, Json>;
  required?: string[];
};

/** Values of a shape; what a secret field holds, however deep it is, bears the mark. */
function valuesOf(shape: Json, field = ""): fc.Arbitrary<unknown> {
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valuesOf(one, field)));
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  switch (shape.type) {
    case "string":
      return SECRET.test(field) ? fc.string().map((text) => `${MARK}${text}`) : fc.string();
    case "integer":
    case "number":
      return fc.integer();
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valuesOf(shape.items ?? {}, field));
    case "object":
      return objectsOf(shape);
    case undefined:
    default:
      throw new Error(`no values of ${JSON.stringify(shape)}`);
  }
}

function objectsOf({ properties = {}, required = [] }: Json): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(
    ([name, shape]) => [name, valuesOf(shape, name)] as const,
  );
  const model: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(fields);
  const known = fc.record(model, { requiredKeys: required });
  const strange = fc.string().filter((name) => !Object.hasOwn(properties, name));
  const unheardOf = fc.dictionary(strange, fc.constant(MARK), { maxKeys: 2 });
  return fc.tuple(unheardOf, known).map(([more, object]) => ({ ...more, ...object }));
}

const shapes = (z.toJSONSchema(Entity) as Json).anyOf ?? [];
const kindOf = (shape: Json) => (shape.oneOf ?? [shape])[0]?.properties?.["kind"]?.const ?? "none";

test("every kind of entity is tried", () => {
  expect(shapes.length).toBe(Entity.options.length);
  expect(shapes.map(kindOf)).not.toContain("none");
});

test.each(shapes.map((shape) => [kindOf(shape), shape] as const))(
  "nothing that opens anything, and nothing unheard of, is shown of a %s",
  (_kind, shape) => {
    fc.assert(
      fc.property(valuesOf(shape), (entity) => {
        const seen = shown(entity as Entity);
        expect(seen).toMatchObject({ id: expect.any(String) });
        expect(JSON.stringify(seen)).not.toContain(MARK);
      }),
    );
  },
);

test("everything else is shown as it is", () => {
  const provider = { id: "main", name: "Main", concurrency: 2, type: "smtp" } as const;
  const smtp = { host: "mx.x.test", port: 25, tls: "none", verify: false } as const;
  const auth = { method: "PLAIN", username: "me" } as const;
  const sealed = { ...auth, sealedPassword: "v1.secret" };
  expect(shown({ kind: "provider", ...provider, smtp: { ...smtp, auth: sealed } })).toEqual({
    ...provider,
    smtp: { ...smtp, auth },
  });
  const token = { ...auth, method: "XOAUTH2", grant: "refresh_token", clientId: "c" } as const;
  const shownToken = { ...token, tokenUrl: "https://login.test/token", scope: "s" };
  const held = { ...shownToken, sealedRefreshToken: "x", sealedClientSecret: "y" };
  expect(shown({ kind: "provider", ...provider, smtp: { ...smtp, auth: held } })).toEqual({
    ...provider,
    smtp: { ...smtp, auth: shownToken },
  });
  const limits = { id: "limits", monthly: 10, perUser: { hourly: 0 } } as const;
  expect(shown({ kind: "limits", ...limits })).toEqual(limits);
});
