/** A moment as the views of `schemas` spell it. */
const utc = (column: string, name: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "${name}"`;

/** A sequence or a size: exact as a double up to 2^53; the driver gives `int8` as text. */
const number = (column: string, name = column) => `${column}::float8 AS "${name}"`;

/** Select lists that give rows in the form of the views of `schemas`. */
export const SUMMARY = [
  "id",
  "status",
  "sender",
  "subject",
  number("size"),
  "attempts",
  utc("accepted_at", "acceptedAt"),
  utc("updated_at", "updatedAt"),
  utc("next_attempt_at", "nextAttemptAt"),
].join(", ");

export const MESSAGE = [
  SUMMARY,
  "tenant",
  'header_from AS "headerFrom"',
  'header_message_id AS "headerMessageId"',
  "credential",
  "client",
  'trace_id AS "traceId"',
  number("accepted_seq", "acceptedSeq"),
  number("last_seq", "lastSeq"),
].join(", ");

export const RECIPIENT = [
  'message_id AS "messageId"',
  "address",
  "status",
  "attempts",
  "response",
  "class",
  "reason",
  "provider",
  utc("updated_at", "updatedAt"),
  "feedback",
].join(", ");

export const ATTEMPT = [
  number("seq"),
  "attempt",
  "provider",
  "kind",
  "status",
  "recipients",
  'duration_ms AS "durationMs"',
  "response",
  utc("at", "at"),
].join(", ");

export const ACTIVITY = [
  number("seq"),
  utc("time", "time"),
  "actor",
  "ip",
  "kind",
  "id",
  "action",
  "reason",
  "before",
  "after",
].join(", ");

/** Of one attempt by a provider, `last`. */
export const TRIED = ["last.class", "last.response", utc("last.at", "at")].join(", ");

export const AUDIT = [
  number("seq"),
  "type",
  'message_id AS "messageId"',
  "tenant",
  utc("time", "time"),
  "route",
  "fallback",
].join(", ");
