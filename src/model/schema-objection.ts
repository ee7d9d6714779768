import type { ErrorObject } from 'ajv';

/** In one phrase the first thing that a validator has against a document that people do not write. */
export function schemaObjection(errors: readonly ErrorObject[] | null | undefined): string {
  const [error] = errors ?? [];
  const place = error?.instancePath || 'it';
  const { additionalProperty, allowedValue } = error?.params ?? {};
  if (additionalProperty !== undefined) {
    return `${place} has the unknown key ${JSON.stringify(additionalProperty)}`;
  }
  if (allowedValue !== undefined) return `${place} is not ${JSON.stringify(allowedValue)}`;
  return `${place} ${error?.message ?? 'is of another shape'}`;
}
