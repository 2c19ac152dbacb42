/**
 * A configuration file read again by a node that runs: what it takes over at once, and what needs a
 * restart. A file with problems changes nothing.
 * @module
 */
import { ResultAsync, type Result } from 'neverthrow';
import type { AuthorityError } from '../../servers/authority/options.js';
import type { ConfigFileError } from '../config/errors.js';
import type { KeyPath } from '../config/locate.js';
import type { LoggingConfig, ProgramLog } from '../config/logging.js';
import { changesBetween, safeKey, type Setting, type Settings } from '../config/settings.js';
import type { NodeConfig } from './config.js';
import { schemaOf, type ConfiguredNode } from './configured.js';
import type { Role } from './role.js';

/** Keys, with stars for names that people chose. */
export interface Reloaded {
  /** What is in effect now and was not before. */
  readonly changed: readonly string[];
  /** What the file has changed and only a restart takes over. */
  readonly needsRestart: readonly string[];
}

/** Why nothing has changed. */
export type ReloadError = ConfigFileError | Extract<AuthorityError, { kind: 'bad-option' }>;

/** How a node comes by its file again. */
export interface ReloadSource {
  /** What it was started with. */
  readonly configured: ConfiguredNode;
  readonly read: () => ResultAsync<ConfiguredNode, ConfigFileError>;
  readonly log: ProgramLog;
  /** What the command line makes of the file's `[Logging]`. */
  readonly logging: (config: LoggingConfig) => LoggingConfig;
}

/** Takes over what can be taken over while the node runs, or refuses all of it. */
export type Apply = (config: NodeConfig) => Result<void, ReloadError>;

/** Every node looks at these whenever it needs them. */
const NODE_AT_ONCE: readonly KeyPath[] = [
  ['Logging'],
  ['Debug'],
  ['Link', 'MaxConnections'],
  ['Link', 'MaxHandshakes'],
  ['Link', 'MaxHandshakesPerAddress'],
  ['Link', 'MaxLinksPerNode'],
  ['Queue', 'Retry'],
];

/** Tables and keys that are taken over at once. */
const AT_ONCE: Readonly<Record<Role, readonly KeyPath[]>> = {
  authority: [
    ['Logging'],
    ['Parameters'],
    ['Mixes'],
    ['Providers'],
    ['Debug', 'Layers'],
    ['Debug', 'MinNodesPerLayer'],
  ],
  mix: [...NODE_AT_ONCE, ['Mixing']],
  provider: [...NODE_AT_ONCE, ['Provider', 'SpoolQuota']],
};
/** Of those tables, what is looked at when the program starts. */
const AT_START: readonly (string | number | undefined)[] = ['NumSphinxWorkers', 'GenerateOnly'];

export class NodeReloader {
  readonly #source: ReloadSource;
  readonly #apply: Apply;
  #inEffect: Settings;
  #needsRestart: readonly string[] = [];
  /** One at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: ReloadSource, apply: Apply) {
    this.#source = source;
    this.#apply = apply;
    this.#inEffect = source.configured.settings;
  }

  /** As the last reading has found it. */
  get needsRestart(): readonly string[] {
    return this.#needsRestart;
  }

  /** Opens the log anew, and reads the file. */
  reload(): ResultAsync<Reloaded, ReloadError> {
    const turn = this.#last.then(() => this.#reload());
    this.#last = turn;
    return new ResultAsync(turn);
  }

  async #reload(): Promise<Result<Reloaded, ReloadError>> {
    const { log, read } = this.#source;
    log.reopen();
    const reloaded = (await read()).andThen((next) =>
      this.#apply(next.config).map(() => this.#takeOver(next)),
    );
    if (reloaded.isErr()) this.#report(reloaded.error);
    return reloaded;
  }

  #takeOver({ config, settings }: ConfiguredNode): Reloaded {
    const { log, logging, configured } = this.#source;
    const role = configured.config.kind;
    const names = (changes: readonly Setting[]): readonly string[] => [
      ...new Set(changes.map(({ path }) => safeKey(schemaOf(role), path))),
    ];
    const changes = changesBetween(this.#inEffect, settings);
    const changed = changes.filter(({ path }) => isAtOnce(role, path));
    if (changed.some(({ path }) => path[0] === 'Logging')) log.configure(logging(config.logging));
    this.#needsRestart = names(changes.filter(({ path }) => !isAtOnce(role, path)));
    this.#inEffect = new Map([
      ...[...settings].filter(([, { path }]) => isAtOnce(role, path)),
      ...[...this.#inEffect].filter(([, { path }]) => !isAtOnce(role, path)),
    ]);
    for (const key of this.#needsRestart) {
      log.write('warning', role, 'a changed setting needs a restart', { key });
    }
    log.write('notice', role, 'configuration read again', { changed: changed.length });
    return { changed: names(changed), needsRestart: this.#needsRestart };
  }

  #report(error: ReloadError): void {
    const { log, configured } = this.#source;
    const module = configured.config.kind;
    const broken = 'the configuration is broken, and stays as it was';
    switch (error.kind) {
      case 'config-problems':
        for (const { file, line, key } of error.problems) {
          log.write('error', module, broken, { file, line, key });
        }
        return;
      case 'config-file':
        return log.write('error', module, broken, { file: error.path, reason: error.reason });
      case 'bad-option':
        return log.write('error', module, broken, { key: error.option, rule: error.rule });
    }
  }
}

const isAtOnce = (role: Role, path: KeyPath): boolean =>
  AT_ONCE[role].some((live) => live.every((part, i) => path[i] === part)) &&
  !(path[0] === 'Debug' && AT_START.includes(path[1]));
