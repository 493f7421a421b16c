import { DEFAULT_LADDER, type ControlFact, type Entity } from "@waybill/schemas";

const TENANT = "demo";

const ENTITIES: Entity[] = [
  {
    kind: "tenant",
    id: TENANT,
    name: "Demo",
    concurrency: 20,
    retryLadder: [...DEFAULT_LADDER],
    onAmbiguous: "retry",
  },
  { kind: "provider", type: "sandbox", id: "sandbox", name: "Sandbox", concurrency: 20 },
  {
    kind: "route",
    id: "sandbox",
    position: 0,
    then: { type: "providers", providers: ["sandbox"] },
  },
];

/** A tenant that delivers to the sandbox, as facts of CONTROL. */
export const demoFacts = (): ControlFact[] =>
  ENTITIES.map((entity) => ({
    tenant: TENANT,
    kind: entity.kind,
    id: entity.id,
    time: "2026-01-01T00:00:00.000Z",
    actor: "test",
    reason: "test",
    entity,
  }));
