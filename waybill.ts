import { runRelay } from "@waybill/runtime/relay";

await runRelay(import.meta.filename, {
  ingress: () => import("@waybill/ingress"),
  actors: () => import("@waybill/actors"),
  projections: () => import("@waybill/projections"),
  api: () => import("@waybill/api"),
});
