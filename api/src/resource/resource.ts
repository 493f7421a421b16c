import type { Entity } from "@waybill/schemas";
import type { z } from "zod";
import type { Caller } from "../auth.ts";
import type { Deps } from "../deps.ts";
import type { ErrorCode } from "../errors.ts";
import type { Permission } from "../permissions.ts";
import type { RateLimit } from "../rate-answer.ts";

/** Who asks, of what; `params` are those of the path. */
export type Asked = { deps: Deps; caller: Caller; params: Record<string, string> };

/** An entity to be kept, and what of it the answer says this once and nobody can read again. */
type Made<E> = { entity: E; once?: object };

/**
 * A kind of entity of CONTROL as a collection of the API: `GET`, `POST` on the collection, `GET`,
 * `PATCH`, `DELETE` on one of it. Shapes are zod's; `new` and `patch` are strict objects.
 */
export type Resource<E extends Entity, N = unknown, P = unknown> = {
  kind: E["kind"];
  /** Under `/api/v1/`, without slashes around it; it may have parameters. */
  path: string;
  /** As the document's sentences say it: `API key`, `API keys`. */
  words: readonly [one: string, many: string];
  tag: string;
  view: z.ZodType;
  /** The view with what is shown once, where there is such a thing. */
  made?: z.ZodType;
  new: z.ZodType<N>;
  /** RFC 7396: what is absent stays, what is null goes. */
  patch?: z.ZodType<P>;
  read: Permission;
  write: Permission;
  /** Where one of the changes takes another permission than `write`. */
  may?: { make?: Permission; change?: Permission; remove?: Permission };
  /** Errors that making one may answer with beside those of every resource. */
  refusals?: readonly ErrorCode[];
  /** How many a tenant may make in a while, where making one costs more than keeping it. */
  makeLimit?: RateLimit;
  /** The entity as a client may see it: nothing secret. */
  show(entity: E, asked: Asked): object | Promise<object>;
  make(body: N, asked: Asked): Made<E> | Promise<Made<E>>;
  /** The entity after a patch; merges by default. */
  change?(entity: E, patch: P, asked: Asked): Made<E> | Promise<Made<E>>;
  /** Refuses a caller who may not change or remove this one. @throws Problem `forbidden` */
  guard?(entity: E, asked: Asked): void;
  /** Whether the others of its kind decide what may be done with it: then none may change meanwhile. */
  isJudgedByOthers?(entity: E): boolean;
  /** What goes before it does: done again when it was interrupted. */
  beforeRemoval?(entity: E, asked: Asked): Promise<void>;
  /** Who would miss it, as sentences' subjects: it is not deleted while there is anybody. */
  usedBy?(entity: E, asked: Asked): string[];
  /** Whether another may be made under the id of one that was deleted; yes by default. */
  isIdFreed?: boolean;
  /** The tenant whose fact it is: the caller's, by default. @throws Problem `not_found`, `forbidden` */
  home?(asked: Asked, id: string | undefined): string;
  /** The tenant whose fact is read, where more is read than may be changed; `home` by default. */
  readHome?(asked: Asked, id: string): string;
  /** What of the list's query, beside its page, chooses among them: a filter not given takes all. */
  filter?: {
    query: z.ZodRawShape;
    choose(all: E[], query: Record<string, unknown>, asked: Asked): E[];
  };
  /** How many a tenant may have; 10,000 by default: every process of the API holds all of them in memory. */
  most?: number;
  /** All there are, the newest first; those of `home` by default. */
  all?(asked: Asked): E[];
};
