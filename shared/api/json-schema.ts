import { z, type ZodType } from 'zod';
import { SCHEMAS } from './schemas';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** Named by its id: wherever one schema contains another one of these, it refers to it. */
const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });

const refTo = (id: string): string => `#/components/schemas/${id}`;

/** Requests are described as they are sent; answers are written without defaults, so both have one form. */
const OPTIONS = {
  io: 'input',
  override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    // The format says it; the pattern behind it is for nobody to read.
    if (['date-time', 'duration', 'uri'].includes(String(jsonSchema['format']))) delete jsonSchema['pattern'];
  },
} as const;

/** The schemas of the document, by name. */
export function namedSchemas(): Readonly<Record<string, Json>> {
  const { schemas } = z.toJSONSchema(registry, { ...OPTIONS, uri: refTo });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** A reference to a schema with a name. */
export function schemaReference(schema: ZodType): Json {
  const id = registry.get(schema)?.id;
  if (id === undefined) throw new Error('the schema of a body has no name in SCHEMAS');
  return { $ref: refTo(id) };
}

/** A schema in its place, for parameters. */
export const inlineSchema = (schema: ZodType): Json => withoutIdentity(z.toJSONSchema(schema, OPTIONS));

function withoutIdentity(schema: Json): Json {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}
