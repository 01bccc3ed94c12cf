/** The reference of the routes, made from the OpenAPI document that a server answers. */

import { openApiDocument } from "../src/http/openapi.ts";
import { allRoutes } from "../src/http/table.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly description?: string;
  readonly [word: string]: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export const openApi = (): Document => openApiDocument(allRoutes()) as Document;

export function httpPage(): string {
  const { paths, components } = openApi();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(method.toUpperCase(), path, operation)),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `### \`${name}\` {#${name}}\n\n${fieldsOf(schema)}`,
  );
  return [
    "# HTTP routes",
    "Made from the [OpenAPI document](/openapi.json){target=_self} that a server answers at `/v1/openapi.json`; at `/docs` it has a form for each call. What the routes mean is told in [the protocol](/protocol.md).",
    "## Operations",
    ...operations,
    "## Schemas",
    ...schemas,
    "",
  ].join("\n\n");
}

function operationSection(method: string, path: string, operation: Operation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const parts = [`### \`${method} ${path}\` {#${operationId}}`];
  for (const text of [summary, description]) if (text) parts.push(asProse(text));
  parts.push(accessOf(operation));
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: where, required, schema }) => [
      `\`${name}\``,
      where,
      required ? "yes" : "",
      typeOf(schema),
    ]);
    parts.push(table(["parameter", "in", "required", "type"], rows));
  }
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(`Body, \`${type}\`: ${typeOf(schema)}`);
    if (schema.properties) parts.push(fieldsOf(schema));
  }
  const answers = Object.entries(responses).map(([status, { description: said, content = {} }]) => [
    status,
    asProse(said),
    Object.values(content)
      .map(({ schema }) => typeOf(schema))
      .join(" or "),
  ]);
  parts.push(table(["status", "when", "body"], answers));
  return parts.join("\n\n");
}

function accessOf({ security }: Operation): string {
  const scopes = security.flatMap((one) => Object.values(one).flat());
  if (security.length === 0) return "No token is needed.";
  return scopes.length === 0
    ? "A token is needed."
    : `Scope: ${[...new Set(scopes)].map((scope) => `\`${scope}\``).join(" or ")}.`;
}

function fieldsOf(schema: Schema): string {
  if (!schema.properties) return typeOf(schema);
  const rows = Object.entries(schema.properties).map(([name, field]) => [
    `\`${name}\``,
    schema.required?.includes(name) ? "yes" : "",
    typeOf(field),
  ]);
  return table(["field", "always", "type"], rows);
}

const BOUNDS = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

/** A schema in a few words, with a link where it has a name. */
function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return `[\`${name}\`](#${name})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((one) => `\`${JSON.stringify(one)}\``).join(", ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.properties)
    return `{ ${Object.entries(schema.properties)
      .map(([name, field]) => `\`${name}\`: ${typeOf(field)}`)
      .join(", ")} }`;
  const bounds = BOUNDS.flatMap((word) => (schema[word] === undefined ? [] : [`${word} ${schema[word]}`]));
  return [[schema.type ?? "any JSON"].flat().join(" or "), ...bounds].join(", ");
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Outside of code, nothing is a tag. */
const asProse = (text: string): string => text.replaceAll("<", "&lt;");
