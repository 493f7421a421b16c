import { randomBytes } from "node:crypto";
import type { MessageId } from "@waybill/schemas";
import { monotonicFactory } from "ulid";

const nextUlid = monotonicFactory();

/** A new message id: a ULID, later ones of this process sort after earlier ones. */
export const newMessageId = (): MessageId => nextUlid();

/** A new W3C trace id: 32 hex digits. */
export const newTraceId = (): string => randomBytes(16).toString("hex");
