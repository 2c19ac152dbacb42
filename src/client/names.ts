/**
 * What accounts, messages and mails are called.
 * @module
 */

/** A normalised address, `user@provider`. */
export type Address = string;

/** 16 random bytes as lower-case hex: one mail to one recipient, end to end. */
export type MessageId = string;

/** Random id of a received mail, fixed at delivery, never used again (32 hex digits). */
export type MailId = string;
