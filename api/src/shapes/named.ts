import { AttemptView, MailEvent, RecipientView } from "@waybill/schemas/shapes";
import { z } from "zod";

/** Gives a schema its name in the OpenAPI document, beside what else is said of it. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  return schema;
}

named("Recipient", RecipientView);
named("Attempt", AttemptView);
named("Event", MailEvent);

/** A JSON answer of a route, for its `response` schema. */
export const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { "application/json": { schema } },
});
