/**
 * The MIME fields of a mail whose body stays: said in one way, and still true of the same bytes.
 * @module
 */
import type { Entity } from '../mail/entity.js';
import type { HeaderField } from '../mail/header.js';
import { decodeTransfer } from '../mail/transfer-decode.js';
import { encodeParameter } from '../mail/words.js';
import { fileBaseName } from '../mail/mime.js';
import { boundaryParameter, typeParameters } from './content-fields.js';
import { charsetOf, encodingFields, flowedParameters, isSealed, sealedPart } from './sealed.js';

/** MIME-Version, Content-Type and Content-Transfer-Encoding for the body as it is. */
export const topMimeFields = (entity: Entity): readonly HeaderField[] => [
  { name: 'MIME-Version', value: '1.0' },
  ...(isSealed(entity) ? sealedPart(entity).fields : openFields(entity)),
];

const openFields = (entity: Entity): readonly HeaderField[] => [
  { name: 'Content-Type', value: `${entity.type.value}${parametersOf(entity)}` },
  ...encodingFields(entity),
];

const parametersOf = (entity: Entity): string => {
  const { type, body, encoding } = entity;
  const plain = typeParameters(type);
  if (type.value.startsWith('multipart/')) return `${plain}${boundaryParameter(type)}`;
  if (!type.value.startsWith('text/')) return `${plain}${nameParameter(entity)}`;
  const text = decodeTransfer(body, encoding) ?? body;
  return `${charsetOf(entity, text)}${flowedParameters(entity)}${plain}${nameParameter(entity)}`;
};

/** A body that is a file has no other place for its name here. */
const nameParameter = ({ type, disposition }: Entity): string => {
  const name = disposition?.parameters.get('filename') ?? type.parameters.get('name');
  return name === undefined ? '' : encodeParameter('name', fileBaseName(name));
};
