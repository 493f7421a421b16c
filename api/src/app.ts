import { fastify, type FastifyBaseLogger } from "fastify";
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { answerHeaders, logAnswers } from "./answer-hooks.ts";
import { requireCaller } from "./auth.ts";
import type { App, Deps } from "./deps.ts";
import { answerErrors } from "./error-answer.ts";
import { otherMethods } from "./other-methods.ts";
import { changePasswordRoute } from "./routes/change-password.ts";
import { erasureRoutes } from "./routes/erasures.ts";
import { explainRoutingRoute } from "./routes/explain-routing.ts";
import { chainHeadRoute } from "./routes/chain-head.ts";
import { exportAuditRoute } from "./routes/export-audit.ts";
import { hookCallsRoute } from "./hooks/route.ts";
import { healthRoute } from "./routes/health.ts";
import { listActivityRoute } from "./routes/list-activity.ts";
import { jwksRoute } from "./routes/jwks.ts";
import { limitsRoutes } from "./routes/limits.ts";
import { listDeadLettersRoute } from "./routes/list-dead-letters.ts";
import { listMessagesRoute } from "./routes/list-messages.ts";
import { listProviderHealthRoute } from "./routes/list-provider-health.ts";
import { listProviderPresetsRoute } from "./routes/list-provider-presets.ts";
import { livenessRoute } from "./routes/liveness.ts";
import { loginRoute } from "./routes/login.ts";
import { logoutRoute } from "./routes/logout.ts";
import { meRoute } from "./routes/me.ts";
import { messageEventsRoute } from "./routes/message-events.ts";
import { messageRawRoute } from "./routes/message-raw.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { providerHealthRoute } from "./routes/provider-health.ts";
import { providerStatsRoute } from "./routes/provider-stats.ts";
import { readinessRoute } from "./routes/readiness.ts";
import { readMessageRoute } from "./routes/read-message.ts";
import { readStateRoute } from "./routes/read-state.ts";
import { refreshRoute } from "./routes/refresh.ts";
import { reprocessDeadLettersRoute } from "./routes/reprocess-dead-letters.ts";
import { resetPasswordRoute } from "./routes/reset-password.ts";
import { verifyDkimKeyRoute } from "./routes/verify-dkim-key.ts";
import { verifyDomainRoute } from "./routes/verify-domain.ts";
import { switchTenantRoute } from "./routes/switch-tenant.ts";
import { testProviderRoute } from "./routes/test-provider.ts";
import { testUserSmtpRoute } from "./routes/test-user-smtp.ts";
import { userSmtpHealthRoute } from "./routes/user-smtp-health.ts";
import { userSmtpUsageRoute } from "./routes/user-smtp-usage.ts";
import { userSmtpSettingsRoutes } from "./routes/user-smtp-settings.ts";
import { limitCallers } from "./rate-limit.ts";
import { resource } from "./resource/routes.ts";
import { apiKeys } from "./resources/api-keys.ts";
import { hooks } from "./resources/hooks.ts";
import { members } from "./resources/members.ts";
import { dkimKeys } from "./resources/dkim-keys.ts";
import { domains } from "./resources/domains.ts";
import { providers } from "./resources/providers.ts";
import { routingOrderRoutes } from "./routes/routing-order.ts";
import { routingRules } from "./resources/routing-rules.ts";
import { suppressions } from "./resources/suppressions.ts";
import { suppressionListRoutes } from "./routes/suppression-list.ts";
import { smtpCredentials } from "./resources/smtp-credentials.ts";
import { tenants } from "./resources/tenants.ts";
import { users } from "./resources/users.ts";
import { SERVER_OPTIONS } from "./server-options.ts";

const OPEN = [
  healthRoute,
  livenessRoute,
  readinessRoute,
  jwksRoute,
  loginRoute,
  refreshRoute,
  logoutRoute,
];
const KEYED = [
  meRoute,
  switchTenantRoute,
  changePasswordRoute,
  listMessagesRoute,
  readMessageRoute,
  messageEventsRoute,
  messageRawRoute,
  exportAuditRoute,
  chainHeadRoute,
  listActivityRoute,
  readStateRoute,
  listDeadLettersRoute,
  reprocessDeadLettersRoute,
  erasureRoutes,
  limitsRoutes,
  resource(apiKeys),
  resource(smtpCredentials),
  resource(tenants),
  resource(members),
  resource(users),
  resetPasswordRoute,
  resource(domains),
  verifyDomainRoute,
  resource(dkimKeys),
  verifyDkimKeyRoute,
  listProviderPresetsRoute,
  resource(providers),
  testProviderRoute,
  providerHealthRoute,
  listProviderHealthRoute,
  resource(hooks),
  providerStatsRoute,
  resource(routingRules),
  routingOrderRoutes,
  explainRoutingRoute,
  resource(suppressions),
  suppressionListRoutes,
];

/** What a person has for themselves; beside the versions of the API, where its clients ask for it. */
const OWN = [userSmtpSettingsRoutes, testUserSmtpRoute, userSmtpHealthRoute, userSmtpUsageRoute];

function bareApp({ log }: Deps): App {
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({ ...SERVER_OPTIONS, loggerInstance }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");
  return app;
}

/** The API as a server that does not listen yet; `describe` sees the app before its routes come. */
export async function buildApp(deps: Deps, describe?: (app: App) => Promise<void>): Promise<App> {
  const app = bareApp(deps);
  answerErrors(app);
  answerHeaders(app);
  logAnswers(app);
  await describe?.(app);
  const refuseOthers = otherMethods(app);
  for (const route of OPEN) route(app, deps);
  const keyed = async (scope: App) => {
    requireCaller(scope, deps);
    limitCallers(scope, deps);
    for (const route of OWN) route(scope, deps);
    const version = async (v1: App) => {
      for (const route of KEYED) route(v1, deps);
    };
    await scope.register(version, { prefix: "/v1" });
  };
  await app.register(async (scope) => hookCallsRoute(scope as App, deps), { prefix: "/hooks" });
  await app.register(keyed, { prefix: "/api" });
  await app.register(async (scope: App) => {
    requireCaller(scope, deps);
    limitCallers(scope, deps);
    metricsRoute(scope, deps);
  });
  refuseOthers();
  return app;
}
