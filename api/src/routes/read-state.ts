import { type Caller, callerOf } from "../auth.ts";
import type { App, Deps } from "../deps.ts";
import { State, StateQuery } from "../shapes/activity.ts";
import { json } from "../shapes/named.ts";
import { problems } from "../shapes/problem.ts";
import { readable, stateAt } from "../state/state-at.ts";

const schema = {
  summary: "The tenant's configuration as of any moment, folded from the log itself",
  description:
    "The kinds whose lists the caller may read, without what is secret. A moment to come is answered " +
    "as of now; before the tenant there was nothing.",
  tags: ["activity"],
  querystring: StateQuery,
  response: {
    200: json("As it was", State),
    ...problems("invalid_request", "unauthenticated", "forbidden", "timeout", "unavailable"),
  },
};

async function readState(deps: Deps, caller: Caller, at: Date) {
  const state = await stateAt(deps, caller.tenant, at);
  return { at: at.toISOString(), asOfSeq: state.seq, entities: readable(state, caller) };
}

export function readStateRoute(app: App, deps: Deps): void {
  app.get("/state", { schema, config: { may: "config:read" } }, ({ caller, query }) =>
    readState(deps, callerOf(caller), new Date(query.at ?? deps.now())),
  );
}
