/**
 * Content-Type in one form: the parameters that mean something, in one order and one quoting.
 * @module
 */
import type { ParameterValue } from '../mail/parameters.js';
import { encodeParameter } from '../mail/words.js';

/** Parameters that mean something to a reader, in the order in which they leave. */
const PARAMETERS: readonly string[] = [
  ...['type', 'protocol', 'micalg', 'smime-type', 'report-type', 'method', 'component'],
];

/** More of those for a mail that is in pieces or elsewhere (RFC 2046 §5.2). */
const MESSAGE_PARAMETERS: readonly string[] = [
  ...['id', 'number', 'total', 'access-type', 'expiration', 'size', 'permission'],
];

/** Parameters that say something in another's language of names, kept in lower case. */
const LOWER = ['protocol', 'micalg', 'smime-type', 'report-type', 'type'];

/** The parameters of a type, each behind its `;`, without charset, format, boundary and names. */
export const typeParameters = ({ value: type, parameters }: ParameterValue): string => {
  const names = type.startsWith('message/') ? [...PARAMETERS, ...MESSAGE_PARAMETERS] : PARAMETERS;
  return names
    .map((name) => {
      const value = parameters.get(name);
      if (value === undefined) return '';
      return encodeParameter(name, LOWER.includes(name) ? value.toLowerCase() : value);
    })
    .join('');
};

/** A boundary as it stands in a body that may not be touched. */
export const boundaryParameter = ({ parameters }: ParameterValue): string => {
  const boundary = parameters.get('boundary');
  return boundary === undefined ? '' : encodeParameter('boundary', boundary);
};

const CHARSET = /^[a-z0-9][a-z0-9_.:+-]{0,39}$/;

/** What a charset is called whose name is none (RFC 1428 §3), lest its text be taken for ASCII. */
const UNKNOWN_CHARSET = 'unknown-8bit';

/** `; charset=` of text whose bytes stay in their charset; empty where it has no name. */
export const charsetParameter = (label: string): string => {
  const name = label.toLowerCase();
  if (name === '') return '';
  return `; charset=${CHARSET.test(name) ? name : UNKNOWN_CHARSET}`;
};
