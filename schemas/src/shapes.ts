// The shapes, for those who validate what comes from outside or describe what goes out. They cost 20 MB a process.
export { Slug, MessageId, Timestamp } from "./names.ts";
export { OutcomeClass, Category, Outcome, DeadReason } from "./outcomes.ts";
export {
  BodyRef,
  Envelope,
  Submission,
  MessageAccepted,
  RetryDue,
  MessageRequeued,
  RecipientsDelivered,
  DeliveryFailed,
  DeliveryAmbiguous,
  DeadLettered,
  RecipientsSuppressed,
  MailEvent,
} from "./events.ts";
export {
  FeedbackOrigin,
  MailDeferred,
  DeliveryConfirmed,
  MailBounced,
  MailComplained,
  MailOpened,
  MailClicked,
  RecipientUnsubscribed,
} from "./feedback.ts";
export { AmbiguityPolicy, Tenant, Domain, Limits } from "./control/tenant.ts";
export { Credential, ApiKey, Scope } from "./control/machine.ts";
export { User, Role, Member, UserSmtp } from "./control/person.ts";
export { SmtpSettings, SmtpProvider, SandboxProvider, Provider } from "./control/provider.ts";
export {
  SendgridProvider,
  PostmarkProvider,
  ResendProvider,
  SesProvider,
  MailgunProvider,
  MsgraphProvider,
} from "./control/http-provider.ts";
export { Route, RouteConditions, RouteAction, RouteOrder, Tag } from "./control/routing.ts";
export { RoutingFacts, ProviderOwner, RouteTaken } from "./routing/facts.ts";
export { ChainLeaf, ChainLink } from "./chain.ts";
export { DkimAlgorithm, DkimKey } from "./control/dkim.ts";
export { BodyFolder } from "./control/body-folder.ts";
export { MasterKey, DataKey, SigningKey } from "./control/keys.ts";
export { BreakerReason, BreakerState } from "./control/breaker.ts";
export { Hook } from "./control/hook.ts";
export { Erasure, TenantErasure } from "./control/erasure.ts";
export { Suppression, SuppressionReason } from "./control/suppression.ts";
export { Entity, ControlFact } from "./control/fact.ts";
export {
  FeedbackView,
  RecipientStatus,
  MessageStatus,
  RecipientView,
  MessageView,
  AttemptView,
  AuditEntry,
  ActivityView,
} from "./views.ts";
