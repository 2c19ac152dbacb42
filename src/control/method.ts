/**
 * Methods of JSON-RPC: what each takes, gives and does, so that a table of them describes itself.
 * @module
 */
import { err, type Result, type ResultAsync } from 'neverthrow';
import type { Json } from './json.js';
import { readParams, type Params, type ParamsError } from './params.js';
import { BYTES, FLAG, INTEGER, listOf, TEXT, type Schema } from './schema.js';

/** What a method answers with. */
export type RpcAnswer =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'stream'; readonly items: AsyncIterable<Json> };

/** Why a method refused; all of its facts are sent, so they must be JSON. */
export interface RpcFailure {
  readonly kind: string;
}

/** A method's answer, at once or later. */
export type RpcOutcome<E> = Result<RpcAnswer, E> | ResultAsync<RpcAnswer, E>;

/** One named parameter: how it is taken, and how it is described. */
export interface Param<T> {
  readonly about: string;
  readonly schema: Schema;
  readonly required: boolean;
  readonly take: (params: Params, name: string) => T;
}

/** Parameters by name. */
export type ParamTable = Readonly<Record<string, Param<unknown>>>;

/** What the parameters of a table are when they have been taken. */
export type Taken<P extends ParamTable> = {
  readonly [Name in keyof P]: P[Name] extends Param<infer T> ? T : never;
};

/** What a method is to those who call it. */
export interface MethodAbout<P extends ParamTable = ParamTable> {
  /** What it does, in a few words. */
  readonly summary: string;
  readonly params: P;
  /** The value that it answers with, or each item of its stream. */
  readonly answer:
    | { readonly kind: 'value'; readonly schema: Schema }
    | { readonly kind: 'stream'; readonly schema: Schema };
}

/** One method, its parameters checked within; `signal` is aborted with the connection. */
export interface RpcMethod {
  readonly about: MethodAbout;
  readonly call: (
    params: Json | undefined,
    signal: AbortSignal,
  ) => Promise<Result<RpcAnswer, RpcFailure | ParamsError>>;
}

/** Methods by name. */
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** A method out of what it is to others, and what it does. */
export const rpcMethod = <P extends ParamTable>(
  about: MethodAbout<P>,
  run: (params: Taken<P>, signal: AbortSignal) => RpcOutcome<RpcFailure>,
): RpcMethod => ({
  about,
  call: async (params, signal) => {
    const taken = readParams(params, (from) => takeAll(about.params, from));
    return taken.isErr() ? err(taken.error) : run(taken.value, signal);
  },
});

const takeAll = <P extends ParamTable>(table: P, params: Params): Taken<P> => {
  const taken = Object.entries(table).map(([name, { take }]) => [name, take(params, name)]);
  return Object.fromEntries(taken) as Taken<P>;
};

/** An answer that is one value. */
export const value = (json: Json): RpcAnswer => ({ kind: 'value', value: json });

/** Says that a method answers with one such value. */
export const gives = (schema: Schema): MethodAbout['answer'] => ({ kind: 'value', schema });

/** Says that a method answers with a stream of such items. */
export const streams = (schema: Schema): MethodAbout['answer'] => ({ kind: 'stream', schema });

const required = <T>(
  about: string,
  schema: Schema,
  take: (params: Params, name: string) => T,
): Param<T> => ({ about, schema, required: true, take });

export const text = (about: string): Param<string> =>
  required(about, TEXT, (params, name) => params.text(name));

export const texts = (about: string): Param<readonly string[]> =>
  required(about, listOf(TEXT), (params, name) => params.texts(name));

export const integer = (about: string): Param<number> =>
  required(about, INTEGER, (params, name) => params.integer(name));

/** Bytes written in base64. */
export const bytes = (about: string): Param<Uint8Array> =>
  required(about, BYTES, (params, name) => params.bytes(name));

export const optionalText = (about: string): Param<string | undefined> => ({
  ...required(about, TEXT, (params, name) => params.optionalText(name)),
  required: false,
});

/** True only when it is given and true. */
export const flag = (about: string): Param<boolean> => ({
  ...required(about, FLAG, (params, name) => params.flag(name)),
  required: false,
});
