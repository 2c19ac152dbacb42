/**
 * Building blocks of WebAssembly text: expressions and statements are strings, functions join them.
 * @module
 */

/** A value, such as `(local.get $x)`. */
export type Expression = string;
/** An instruction that leaves nothing on the stack. */
export type Statement = string;

export const LANES = 16;

export const get = (local: string): Expression => `(local.get $${local})`;
export const set = (local: string, value: Expression): Statement =>
  `(local.set $${local} ${value})`;
export const i32 = (value: number): Expression => `(i32.const ${value})`;
export const add = (a: Expression, b: Expression): Expression => `(i32.add ${a} ${b})`;

/** Sixteen constant bytes. */
export const bytes = (values: readonly number[]): Expression =>
  `(v128.const i8x16 ${values.join(' ')})`;
/** One constant byte in all sixteen lanes. */
export const splat = (value: number): Expression => bytes(Array<number>(LANES).fill(value));

export const xor = (first: Expression, ...rest: readonly Expression[]): Expression =>
  rest.reduce((sum, next) => `(v128.xor ${sum} ${next})`, first);
export const and = (a: Expression, b: Expression): Expression => `(v128.and ${a} ${b})`;

/** Lane i of the result is lane `lanes[i]` of `value`; an index of 16 and more gives zero. */
export const permute = (value: Expression, lanes: Expression): Expression =>
  `(i8x16.swizzle ${value} ${lanes})`;

/** An address: a known one, or an i32 expression with a known offset. */
export type Address = number | { readonly base: Expression; readonly offset: number };

const addressText = (address: Address): string =>
  typeof address === 'number'
    ? `offset=${address} (i32.const 0)`
    : `offset=${address.offset} ${address.base}`;

export const load = (address: Address): Expression => `(v128.load ${addressText(address)})`;
export const store = (address: Address, value: Expression): Statement =>
  `(v128.store ${addressText(address)} ${value})`;

export const call = (name: string, ...values: readonly Expression[]): string =>
  `(call $${name} ${values.join(' ')})`;

export interface WasmFunction {
  readonly name: string;
  readonly exported?: boolean;
  readonly parameters?: readonly string[];
  readonly locals?: readonly string[];
  readonly body: readonly Statement[];
}

/** A function of i32 parameters and v128 locals without a result. */
export const wasmFunction = (description: WasmFunction): string => {
  const { name, exported = false, parameters = [], locals = [], body } = description;
  const header = [
    exported ? `(export "${name}")` : '',
    ...parameters.map((parameter) => `(param $${parameter} i32)`),
    ...locals.map((local) => `(local $${local} v128)`),
  ];
  return `(func $${name} ${header.join(' ')}\n${body.join('\n')})`;
};

/** `body` over and over until the i32 local `counter` has been counted down to 0. */
export const countDown = (counter: string, body: readonly Statement[]): Statement =>
  [
    `(block $done (loop $next (br_if $done (i32.eqz ${get(counter)}))`,
    ...body,
    set(counter, add(get(counter), i32(-1))),
    '(br $next)))',
  ].join('\n');
