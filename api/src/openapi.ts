import swagger, { type SwaggerTransform, type SwaggerTransformObject } from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { App } from "./deps.ts";
import { operationId } from "./operation-id.ts";

const info = {
  title: "Waybill",
  version: "1",
  description:
    "What became of every mail, and what to do about it. Errors are problems (RFC 9457). " +
    "Patterns are regular expressions of ECMA-262 with the flag u.",
};

const security = [{ key: [] }, { session: [] }];
const securitySchemes = {
  key: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "wb_live_<id>_<secret>",
    description: "an API key, of one tenant; made by `POST /api/v1/api-keys`",
  },
  session: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "the `accessToken` of `POST /api/v1/auth/login`, or of an OpenID Connect provider",
  },
} as const;

/** The library makes each component twice; ours are all for answers, the ones for input are unused. */
const outputsOnly: SwaggerTransformObject = (source) => {
  const { components, ...document } = jsonSchemaTransformObject(source) as Document;
  const schemas = Object.entries(components.schemas).filter(([name]) => !name.endsWith("Input"));
  return { ...document, components: { ...components, schemas: Object.fromEntries(schemas) } };
};
type Document = { components: { schemas: Record<string, object> } };

/** A route with its name, and what its caller must be allowed to (`x-permission`); one without is open to everybody. */
const withNameAndPermission: SwaggerTransform = (given) => {
  const { schema, url } = jsonSchemaTransform(given);
  const { config, method } = given.route;
  const may = config?.may;
  const said = may === undefined ? { security: [] } : { "x-permission": may };
  return { schema: { operationId: operationId(String(method), url), ...schema, ...said }, url };
};

/** Makes the server derive its OpenAPI document from the schemas of the routes added from now on. */
export async function describeRoutes(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: { openapi: "3.1.0", info, security, components: { securitySchemes } },
    transform: withNameAndPermission,
    transformObject: outputsOnly,
  });
}

/** The document as it is committed. */
export async function documentOf(app: App): Promise<string> {
  await app.ready();
  return `${JSON.stringify(app.swagger(), null, 2)}\n`;
}
