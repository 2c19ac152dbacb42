/**
 * Parameters of a request, taken off by name with their types checked.
 *
 * Like the reader of bytes: failures are thrown privately inside {@link readParams} and leave it as
 * values, and what was not taken is refused.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromBase64 } from '../bytes/text.js';
import { isObject, type Json, type JsonObject } from './json.js';

export interface ParamsError {
  readonly kind: 'invalid-params';
  readonly param: string;
  readonly rule: string;
}

class Refusal extends Error {
  readonly reason: ParamsError;
  constructor(param: string, rule: string) {
    super(rule);
    this.reason = { kind: 'invalid-params', param, rule };
  }
}

/** Named parameters. Only {@link readParams} makes one. */
export class Params {
  readonly #members: JsonObject;
  readonly #taken = new Set<string>();

  constructor(members: JsonObject) {
    this.#members = members;
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value !== 'string') throw new Refusal(name, 'a text');
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#take(name);
    if (!Array.isArray(value)) throw new Refusal(name, 'a list of texts');
    return value.map((each: Json) => {
      if (typeof each !== 'string') throw new Refusal(name, 'a list of texts');
      return each;
    });
  }

  integer(name: string): number {
    const value = this.#take(name);
    if (!Number.isSafeInteger(value) || typeof value !== 'number') {
      throw new Refusal(name, 'an integer');
    }
    return value;
  }

  /** Bytes written in base64. */
  bytes(name: string): Uint8Array {
    const value = fromBase64(this.text(name));
    if (value === undefined) throw new Refusal(name, 'base64');
    return value;
  }

  flag(name: string): boolean {
    const value = this.has(name) ? this.#take(name) : false;
    if (typeof value !== 'boolean') throw new Refusal(name, 'true or false');
    return value;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name) && this.#members[name] !== null;
  }

  /** Refuses the request unless `condition` holds. */
  require(condition: boolean, name: string, rule: string): asserts condition {
    if (!condition) throw new Refusal(name, rule);
  }

  /** The first parameter that nobody has asked for. */
  get left(): string | undefined {
    return Object.keys(this.#members).find((name) => !this.#taken.has(name));
  }

  #take(name: string): Json | undefined {
    this.#taken.add(name);
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}

/**
 * Runs `read` over the parameters, which it must use up; none at all is an empty object.
 *
 * @errors `invalid-params` — a parameter is missing, of another type, or unknown
 */
export const readParams = <P>(
  value: Json | undefined,
  read: (params: Params) => P,
): Result<P, ParamsError> => {
  const members = value ?? {};
  if (!isObject(members)) return refuse('params', 'an object');
  const params = new Params(members);
  try {
    const made = read(params);
    return params.left === undefined ? ok(made) : refuse(params.left, 'a known parameter');
  } catch (thrown) {
    if (thrown instanceof Refusal) return err(thrown.reason);
    throw thrown;
  }
};

const refuse = (param: string, rule: string): Result<never, ParamsError> =>
  err({ kind: 'invalid-params', param, rule });
