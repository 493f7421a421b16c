import { type Nats, putEntity } from "@waybill/runtime";
import type { Breaker, ControlFact } from "@waybill/schemas";
import { idOf } from "./entity.ts";
import type { Keep } from "./guard.ts";

/** Why it changed, in a few words. */
function reasonOf(entity: Breaker | null): string {
  switch (entity?.state) {
    case "open":
      return `left alone: ${entity.reason?.class}`;
    case "half_open":
      return "a mail tries it";
    case "closed":
    case undefined:
      return "it works";
  }
}

/** Keeps breakers in the log, as facts of the relay's own. */
export const keepIn =
  (nats: Nats, now: () => number): Keep =>
  (scope, entity, after) => {
    const fact: ControlFact = {
      tenant: scope.tenant,
      kind: "breaker",
      id: idOf(scope),
      time: new Date(now()).toISOString(),
      actor: "system",
      reason: reasonOf(entity),
      entity,
    };
    return putEntity(nats, fact, after);
  };
