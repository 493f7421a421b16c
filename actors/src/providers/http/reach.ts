import type { HttpService } from "@waybill/runtime/outbound";

/** How a service is reached: the way out, whether its host was named by the operator, and how long is waited. */
export type Reach = Pick<HttpService, "outbound" | "isExempt" | "timeouts">;
