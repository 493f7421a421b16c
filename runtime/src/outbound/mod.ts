export { plainHost } from "./address.ts";
export { makeOutbound, type Outbound } from "./outbound.ts";
export { OutboundError } from "./outbound-error.ts";
export { type SmtpTarget, type Verdict, verifySmtp } from "./verify-smtp.ts";
