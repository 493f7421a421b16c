import { z } from "zod";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { named } from "./named.ts";

/** RFC 9457. */
const ProblemDetails = named(
  "Problem",
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    errors: z.array(z.object({ field: z.string(), rule: z.string() })).optional(),
    version: z.int().optional().describe("of a conflict: the version there is, as in its ETag"),
  }),
);

export const asProblem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemDetails } },
});

/** The answers a route may give beside its own, for its `response` schema. */
export const problems = (...codes: ErrorCode[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(codes, (code) => ERRORS[code].status)).map(([status, of]) => [
      status,
      asProblem(of?.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join("; ") ?? ""),
    ]),
  );

/** What can be wrong with a body. */
export const BODY = [
  "malformed_request",
  "body_too_large",
  "unsupported_media_type",
  "invalid_body",
] as const;
