/**
 * Which part of a network a program is.
 * @module
 */

export type Role = 'authority' | 'mix' | 'provider';
