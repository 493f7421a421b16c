import type { HookCalls, LoginCounts, SessionStore, StageContext } from "@waybill/runtime";
import type { Pool } from "@waybill/runtime/postgres";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { LookUpTxt } from "./dns/look-up-txt.ts";
import type { FetchText } from "./fetch-text.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What the API works with; tests give it their own. */
export type Deps = Pick<
  StageContext,
  | "config"
  | "log"
  | "nats"
  | "events"
  | "bodies"
  | "directory"
  | "counters"
  | "seats"
  | "uses"
  | "secrets"
  | "vault"
  | "outbound"
> & {
  /** Logged in as the role that reads the views of one tenant at a time. */
  pool: Pool;
  sessions: SessionStore;
  logins: LoginCounts;
  now: () => Date;
  lookUpTxt: LookUpTxt;
  fetchText: FetchText;
  hookCalls: HookCalls;
  /** Streams that do not take what is written. */
  refusing: () => string[];
  /** Milliseconds of silence after which a replay counts the log as away. */
  stall: number;
};

/** A server whose schemas are zod's. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
