import { ControlConflict, type Directory, makeLogger, type Wake } from "@waybill/runtime";
import { Breakers } from "../breaker/breakers.ts";
import { idOf } from "../breaker/entity.ts";
import type { Keep } from "../breaker/guard.ts";

/** Keeps breakers in a directory, and nowhere else. */
const keepHere =
  (directory: Directory): Keep =>
  async (scope, entity, after) => {
    const { tenant } = scope;
    const id = idOf(scope);
    const change = { time: "2026-01-01T00:00:00.000Z", actor: "system", reason: "" };
    const fact = { tenant, kind: "breaker", id, entity, ...change };
    if (directory.lastSeq(tenant, "breaker", id) !== after) throw new ControlConflict(fact);
    directory.apply(fact);
    return directory.lastSeq(tenant, "breaker", id);
  };

/** Breakers whose log is a directory in memory. */
export const breakersIn = (
  directory: Directory,
  now: () => number = () => Date.UTC(2026, 0, 1),
  wake: Wake = () => Promise.resolve(0),
): Breakers => {
  const log = makeLogger("silent", "test");
  return new Breakers({ directory, put: keepHere(directory), wake, log, now });
};
