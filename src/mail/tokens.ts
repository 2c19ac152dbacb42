/**
 * Random tokens of a mail: its Message-ID and its boundaries, alike for all users.
 * @module
 */
import { toHex } from '../bytes/text.js';
import type { Random } from '../io/contracts.js';

const TOKEN_LENGTH = 16;

/** The right side of every Message-ID; it names nobody and resolves nowhere. */
const MESSAGE_ID_DOMAIN = 'anonymous.invalid';

/** 128 random bits at a constant domain, in angle brackets; 52 characters. */
export const newMessageId = (random: Random): string =>
  `<${toHex(random(TOKEN_LENGTH))}@${MESSAGE_ID_DOMAIN}>`;

/** A boundary that no quoted-printable or base64 text can hold; 34 characters. */
export const newBoundary = (random: Random): string => `=_${toHex(random(TOKEN_LENGTH))}`;
