export { plainHost } from "./address.ts";
export { openHttpApi, type HttpApi, type HttpService } from "./http-api.ts";
export type { Answer, HttpReply, HttpRequest } from "./http-exchange.ts";
export { makeOutbound, type Outbound } from "./outbound.ts";
export { oneLine, OutboundError } from "./outbound-error.ts";
export { type SmtpTarget, type Verdict, verifySmtp } from "./verify-smtp.ts";
