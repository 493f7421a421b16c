import { shown } from "@waybill/schemas";
import { callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { erase } from "../erasure/erase.ts";
import { Reason } from "../resource/request.ts";
import { ErasureCommand, ErasureList, ErasureResult } from "../shapes/erasure.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";

const tags = ["erasures"];

const make = {
  summary: "Erase the personal data of a message, or of an address",
  description:
    "Of an address: wherever the tenant's mail was to it, or from it, and on the suppression list, which " +
    "goes on to hold it back under a hash. In the place of addresses stand pseudonyms; subjects, header " +
    "fields, answers and the messages' bytes go. Answered once the log gives them to nobody any more; they " +
    "are overwritten as soon as the views are rewritten. Messages that have not ended are refused. Safe to repeat.",
  tags,
  headers: Reason,
  body: ErasureCommand,
  response: {
    202: json("What was found and erased", ErasureResult),
    ...problems(
      "malformed_request",
      "unauthenticated",
      "forbidden",
      "not_found",
      "conflict",
      "unfinished",
      "in_use",
      "body_too_large",
      "unsupported_media_type",
      "invalid_body",
      "unavailable",
    ),
  },
};

const list = {
  summary: "Who asked for what to be erased, when and why, newest first",
  description:
    "An address is named by a keyed hash: it is not kept itself. One without `finishedAt` is gone on with " +
    "when the relay starts, and every hour.",
  tags,
  response: {
    200: json("All of the tenant", ErasureList),
    ...problems("unauthenticated", "forbidden"),
  },
};

/** Milliseconds: it reads all of the tenant's events. */
const LONGEST = 600_000;

export function erasureRoutes(app: App, deps: Deps): void {
  const config = { may: "mail:erase" } as const;
  app.post(
    "/erasures",
    { schema: make, config, handlerTimeout: LONGEST },
    async ({ caller, headers, body }, reply) => {
      const asking = { ...callerOf(caller), reason: headers["x-reason"] };
      return reply.code(202).send(await erase(deps, asking, body));
    },
  );
  app.get("/erasures", { schema: list, config }, async ({ caller }) => {
    const erasures = deps.directory.entities(callerOf(caller).tenant, "erasure");
    const newestFirst = erasures.toSorted((one, other) => (one.id < other.id ? 1 : -1));
    return { items: newestFirst.map((one) => shown(one) as Omit<typeof one, "kind">) };
  });
}
