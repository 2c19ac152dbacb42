/**
 * Members: which nodes may stand in a document: those of the configuration and those that the
 * operator has approved; and which the operator has turned away.
 *
 * What the operator decides is on disk before it counts.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { parse } from '../../src/bytes/reader.js';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { LAYER_PROVIDER, type Descriptor } from '../../src/pki/descriptor.js';
import type { Change, Store, StoredRecord, StoreError } from '../../src/store/store.js';
import type { AuthorityOptions } from './options.js';

export type Whitelist = Pick<AuthorityOptions, 'mixes' | 'providers'>;

/** What a node does, as its descriptor claims. */
export type NodeKind = 'mix' | 'provider';

export interface Member {
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  readonly kind: NodeKind;
  /** The only name that it may have; `undefined`: any, as the reference lets configured mixes. */
  readonly name: string | undefined;
  readonly origin: 'configured' | 'approved';
}

export type MemberError =
  | StoreError
  /** Only the configuration file can take it out. */
  | { readonly kind: 'configured-node' }
  | { readonly kind: 'no-such-node' };

const APPROVED = 'authority/approved';
const REJECTED = 'authority/rejected';
const PROVIDER_MARK = 1;
const NOTHING = new Uint8Array(0);

export const kindOf = ({ layer }: Pick<Descriptor, 'layer'>): NodeKind =>
  layer === LAYER_PROVIDER ? 'provider' : 'mix';

export class Members {
  readonly #store: Store;
  /** By identity key in hex. */
  readonly #members = new Map<string, Member>();
  readonly #rejected = new Set<string>();

  constructor(store: Store, configured: Whitelist) {
    this.#store = store;
    this.configure(configured);
  }

  /** Takes over other lists of the configuration; what the operator has decided stays. */
  configure({ mixes, providers }: Whitelist): void {
    const origin = 'configured';
    const former = this.all.filter((member) => member.origin === origin);
    for (const { identityKey } of former) this.#members.delete(toHex(identityKey));
    for (const identityKey of mixes) {
      this.#keep({ identityKey, kind: 'mix', name: undefined, origin });
    }
    for (const { identifier: name, identityKey } of providers) {
      this.#keep({ identityKey, kind: 'provider', name, origin });
    }
  }

  /** Reads what the operator has decided; to be called once, first. The configuration wins. */
  load(): ResultAsync<void, StoreError> {
    return this.#store.list(APPROVED).andThen((approved) =>
      this.#store.list(REJECTED).andThen((rejected): Result<void, StoreError> => {
        for (const record of approved) {
          const member = decodeMember(record);
          if (member.isErr()) return err(member.error);
          if (!this.get(record.key)) this.#keep(member.value);
        }
        for (const { key } of rejected) if (!this.get(key)) this.#rejected.add(toHex(key));
        return ok(undefined);
      }),
    );
  }

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  get(identityKey: Uint8Array): Member | undefined {
    return this.#members.get(toHex(identityKey));
  }

  isRejected(identityKey: Uint8Array): boolean {
    return this.#rejected.has(toHex(identityKey));
  }

  /** Whether this descriptor may stand in a document, in the role and under the name it claims. */
  isAuthorised(descriptor: Descriptor): boolean {
    const member = this.get(descriptor.identityKey);
    return (
      member?.kind === kindOf(descriptor) && (member.name ?? descriptor.name) === descriptor.name
    );
  }

  /** Lets a node in, also one that was turned away; it is on disk when ok. */
  approve(
    member: Omit<Member, 'origin' | 'name'> & { readonly name: string },
  ): ResultAsync<void, StoreError> {
    const { identityKey: key } = member;
    return this.#store
      .commit([
        { kind: 'put', collection: APPROVED, key, value: encodeMember(member) },
        removalOf(REJECTED, key),
      ])
      .map(() => {
        this.#rejected.delete(toHex(key));
        this.#keep({ ...member, origin: 'approved' });
      });
  }

  /**
   * Turns a node away, also one that was approved; it is on disk when ok.
   *
   * @errors `configured-node`
   */
  reject(key: Uint8Array): ResultAsync<void, MemberError> {
    if (this.get(key)?.origin === 'configured') return errAsync({ kind: 'configured-node' });
    return this.#store
      .commit([
        { kind: 'put', collection: REJECTED, key, value: NOTHING },
        removalOf(APPROVED, key),
      ])
      .map(() => {
        this.#members.delete(toHex(key));
        this.#rejected.add(toHex(key));
      });
  }

  #keep(member: Member): void {
    this.#members.set(toHex(member.identityKey), member);
  }
}

const removalOf = (collection: string, key: Uint8Array): Change => ({
  kind: 'delete',
  collection,
  key,
});

const encodeMember = ({ kind, name }: { readonly kind: NodeKind; readonly name: string }) =>
  concat(Uint8Array.of(kind === 'provider' ? PROVIDER_MARK : 0), utf8(name));

const decodeMember = ({ key, value }: StoredRecord): Result<Member, StoreError> =>
  parse(value, (from): Member => {
    const kind = from.u8('kind') === PROVIDER_MARK ? 'provider' : 'mix';
    return { identityKey: key, kind, name: fromUtf8(from.rest()), origin: 'approved' };
  }).mapErr(() => ({ kind: 'store-corrupt', collection: APPROVED }));
