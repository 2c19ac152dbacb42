/**
 * Key files, copied from mailproxy's directory into one of ours: never over another key.
 * @module
 */
import { err, errAsync, ok, okAsync, Result, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS, pemProblem, type PemKind } from '../../src/bytes/pem.js';
import { utf8 } from '../../src/bytes/text.js';
import { keyPairOf } from '../../src/client/keys.js';
import { recipientFileName } from '../../src/client/recipients/files.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Files } from '../../src/io/contracts.js';
import { normaliseAddress } from '../../src/mail/address.js';

export interface CopyDeps {
  readonly files: Files;
  readonly primitives: Primitives;
}

/** What cannot be taken over; the source is as it was. */
export interface CopyProblem {
  readonly path: string;
  readonly problem: string;
}

/** Whether something was written, or has been there from an earlier run. */
export type Copied = 'copied' | 'there';

const EXTENSION = '.pem';

const PAIRS = ['link', 'identity'] as const;

/** Both key pairs of an account; one that cannot be copied does not keep the other out. */
export const copyAccountKeys = (
  deps: CopyDeps,
  from: string,
  to: string,
): ResultAsync<Copied, readonly CopyProblem[]> =>
  safeTry(async function* () {
    yield* deps.files.makeDirectory(to).mapErr((error) => [unusable(error)]);
    const pairs: Result<Copied, CopyProblem>[] = [];
    for (const name of PAIRS) pairs.push(await copyPair(deps, { from, to, name }));
    const copied = yield* Result.combineWithAllErrors(pairs);
    return ok<Copied, readonly CopyProblem[]>(copied.includes('copied') ? 'copied' : 'there');
  });

/** Whether an account's directory has both its keys, so that opening it makes no new ones. */
export const hasAccountKeys = async (deps: CopyDeps, directory: string): Promise<boolean> => {
  const secrets = PAIRS.map((name) =>
    readKey(deps, PEM_KEYS.x25519Secret, `${directory}/${name}.private.pem`),
  );
  return (await ResultAsync.combine(secrets)).match(
    (keys) => keys.every((key) => key !== undefined),
    () => false,
  );
};

interface PairPlace {
  readonly from: string;
  readonly to: string;
  readonly name: (typeof PAIRS)[number];
}

/** The public half is checked, and made anew: the reference does not when it is missing. */
const copyPair = (
  deps: CopyDeps,
  { from, to, name }: PairPlace,
): ResultAsync<Copied, CopyProblem> =>
  safeTry(async function* () {
    const { primitives } = deps;
    const [secretFile, publicFile] = [`${name}.private.pem`, `${name}.public.pem`];
    const secret = yield* readKey(deps, PEM_KEYS.x25519Secret, `${from}/${secretFile}`);
    if (secret === undefined) return err(missing(`${from}/${secretFile}`));
    const { publicKey } = keyPairOf(primitives, secret);
    const shown = yield* readKey(deps, PEM_KEYS.x25519Public, `${from}/${publicFile}`);
    if (shown !== undefined && !equal(shown, publicKey)) {
      return err({ path: `${from}/${publicFile}`, problem: `is not of ${secretFile}` });
    }
    const kept = { kind: PEM_KEYS.x25519Public, path: `${to}/${publicFile}`, key: publicKey };
    yield* copyKey(deps, kept);
    return copyKey(deps, { kind: PEM_KEYS.x25519Secret, path: `${to}/${secretFile}`, key: secret });
  });

/** One recipient's key; files are named by addresses as somebody wrote them. */
export const copyRecipient = (
  deps: CopyDeps,
  path: string,
  {
    name,
    to,
    caseSensitive,
  }: { readonly name: string; readonly to: string; readonly caseSensitive: boolean },
): ResultAsync<Copied, CopyProblem> =>
  safeTry(async function* () {
    const key = yield* readKey(deps, PEM_KEYS.x25519Public, path);
    if (key === undefined) return err(missing(path));
    if (isLowOrder(deps.primitives.x25519, key)) return err({ path, problem: 'this is no key' });
    const { address } = yield* normaliseAddress(withoutExtension(name), { caseSensitive }).mapErr(
      () => ({ path, problem: 'its name is no address' }),
    );
    const target = `${to}/${recipientFileName(address)}`;
    return copyKey(deps, { kind: PEM_KEYS.x25519Public, path: target, key });
  });

const withoutExtension = (name: string): string =>
  name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : name;

interface KeyCopy {
  readonly kind: PemKind;
  readonly path: string;
  readonly key: Uint8Array;
}

const copyKey = (deps: CopyDeps, { kind, path, key }: KeyCopy): ResultAsync<Copied, CopyProblem> =>
  readKey(deps, kind, path).andThen((held): ResultAsync<Copied, CopyProblem> => {
    if (held === undefined) {
      const text = utf8(encodePem(kind, key));
      return deps.files
        .write(path, text)
        .map((): Copied => 'copied')
        .mapErr(unusable);
    }
    return equal(held, key)
      ? okAsync('there')
      : errAsync({ path, problem: 'another key is there already' });
  });

/** `undefined` when there is no file. */
const readKey = (
  { files }: CopyDeps,
  kind: PemKind,
  path: string,
): ResultAsync<Uint8Array | undefined, CopyProblem> =>
  files
    .read(path)
    .map((file): Uint8Array | undefined => file)
    .orElse((error) => (error.reason === 'missing' ? ok(undefined) : err(error)))
    .mapErr(unusable)
    .andThen((file): Result<Uint8Array | undefined, CopyProblem> =>
      file === undefined
        ? ok(undefined)
        : decodePem(kind, file).mapErr((problem) => ({ path, problem: pemProblem(problem) })),
    );

const missing = (path: string): CopyProblem => ({ path, problem: 'is missing' });

const unusable = ({ path, reason }: { readonly path: string; readonly reason: string }) => ({
  path,
  problem: reason,
});
