/**
 * The fields of a registration, in whatever way a form may come: URL-encoded, as multipart, or in
 * the query.
 *
 * Source: RFC 7578 for multipart; what the reference's server takes besides is nobody's use.
 * @module
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import type { HttpRequest } from '../../src/io/contracts.js';

/** The first value of a field; the body's before the query's. */
export type Form = (field: string) => string | undefined;

const URL_ENCODED = 'application/x-www-form-urlencoded';
const MULTIPART = /^multipart\/form-data\s*;.*\bboundary="?([^\s";]{1,70})"?/i;
const FIELD = /^content-disposition:\s*form-data\s*;\s*name="([^"]*)"\s*$/im;

/** Reads a request's fields; a body that is no form has none. */
export const readForm = ({ target, contentType, body }: HttpRequest): Form => {
  const query = new URLSearchParams(target.split('?').slice(1).join('?'));
  const fields = readBody(contentType, fromUtf8(body));
  return (field) => fields.get(field) ?? query.get(field) ?? undefined;
};

const readBody = (contentType: string, body: string): Pick<URLSearchParams, 'get'> => {
  const [, boundary] = MULTIPART.exec(contentType) ?? [];
  if (boundary !== undefined) return readParts(body, boundary);
  const isUrlEncoded = contentType.toLowerCase().startsWith(URL_ENCODED);
  return new URLSearchParams(isUrlEncoded ? body : '');
};

/** Each part is a head, an empty line and a value; a part with a file's name is no field. */
const readParts = (body: string, boundary: string): URLSearchParams => {
  const fields = new URLSearchParams();
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1)) {
    const headEnd = part.indexOf('\r\n\r\n');
    const [, name] = FIELD.exec(part.slice(0, Math.max(0, headEnd))) ?? [];
    if (name !== undefined) fields.append(name, part.slice(headEnd + 4));
  }
  return fields;
};
