import { BodyDamaged, BodyUnavailable, isLogSilent, LogUnavailable } from "@waybill/runtime";
import type { FastifyError } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { type ErrorCode, type FieldError, Problem } from "./errors.ts";
import { databaseProblem } from "./database-problem.ts";

/** Errors of the framework that are the client's doing, or its bad luck. */
const FRAMEWORK: Record<string, [ErrorCode, string]> = {
  FST_ERR_BAD_URL: ["malformed_request", "the path is not a URL path"],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    "body_too_large",
    "the body may have 100 KB, an import or a webhook's 5 MB",
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["malformed_request", "the body is empty where JSON is needed"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    "malformed_request",
    "Content-Length is not the body's length",
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ["malformed_request", "the body is not JSON"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    "unsupported_media_type",
    "send Content-Type: application/json; to an import text/csv or application/x-ndjson",
  ],
  FST_ERR_MAX_PARAM_LENGTH: ["not_found", "nothing has that id"],
  FST_ERR_HANDLER_TIMEOUT: ["timeout", "ask for less, or again later"],
};

/** A request that breaks its schema, as the framework and zod put it. */
type ValidationError = {
  validation: { instancePath: string; message?: string; keyword: string; params: object }[];
  validationContext?: string;
};

function fieldErrors({ validation }: ValidationError): FieldError[] {
  return validation.flatMap(({ instancePath, keyword, message = "not valid", params }) => {
    const path = instancePath.split("/").filter(Boolean);
    if (keyword !== "unrecognized_keys") return [{ field: path.join("."), rule: message }];
    const { keys } = params as { keys: string[] };
    return keys.map((key) => ({ field: [...path, key].join("."), rule: "not known here" }));
  });
}

const isInvalid = (error: unknown): error is ValidationError =>
  hasZodFastifySchemaValidationErrors(error);

function invalid(error: ValidationError): Problem {
  if (error.validationContext === "params") return new Problem("not_found", "nothing has that id");
  const errors = fieldErrors(error);
  const detail = errors.map(({ field, rule }) => `${field || "body"}: ${rule}`).join("; ");
  const code = error.validationContext === "body" ? "invalid_body" : "invalid_request";
  return new Problem(code, detail, { errors });
}

/** What a client is told of an error; what nobody foresaw is `internal`, without its words. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isInvalid(error)) return invalid(error);
  if (error instanceof LogUnavailable || isLogSilent(error)) {
    return new Problem("unavailable", "the event log does not answer", { cause: error });
  }
  if (error instanceof BodyUnavailable) {
    return new Problem("unavailable", "the store of the bytes does not answer", { cause: error });
  }
  if (error instanceof BodyDamaged) {
    return new Problem("body_gone", "the bytes are past their retention, or damaged", {
      cause: error,
    });
  }
  return frameworkProblem(error) ?? databaseProblem(error) ?? unforeseen(error);
}

function frameworkProblem(error: unknown): Problem | undefined {
  const { code, statusCode } = error as Partial<FastifyError>;
  const known = FRAMEWORK[code ?? ""];
  if (known !== undefined) return new Problem(known[0], known[1]);
  return statusCode === 400 ? new Problem("malformed_request", "the body is not JSON") : undefined;
}

const unforeseen = (cause: unknown): Problem =>
  new Problem("internal", "the request's id finds it in our log", { cause });
