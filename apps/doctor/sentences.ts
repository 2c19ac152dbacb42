/**
 * Findings as sentences, each failure with what to do about it.
 * @module
 */
import { describeProblem } from '../config/toml.js';
import { sentenceOf } from '../cli/sentences.js';
import type { Unreached, Verdict } from './finding.js';

/** How a finding reads. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly text: string;
  /** What to do; nothing where all is well. */
  readonly remedy?: string;
}

type Kind = Verdict['kind'];
type VerdictOf<K extends Kind> = Extract<Verdict, { readonly kind: K }>;

const good = (text: string): Diagnosis => ({ ok: true, text });
const bad = (text: string, remedy: string): Diagnosis => ({ ok: false, text, remedy });

const MB = 1_000_000;
const seconds = (ms: number): string => `${Math.abs(ms / 1000).toFixed(1)} s`;

const DIAGNOSES: { readonly [K in Kind]: (verdict: VerdictOf<K>) => Diagnosis } = {
  'config-good': () => good('no problems'),
  'config-bad': ({ problem }) => bad(describeProblem(problem), 'correct this line'),
  'config-refused': ({ key, problem }) => bad(`${key}: ${problem}`, 'correct this setting'),
  private: () => good('closed to other users'),
  exposed: ({ paths }) =>
    bad(`open to other users: ${some(paths)}`, 'chmod go= them, and chown them'),
  'not-made-yet': () => good('made at the first start'),
  'private-file': ({ error }) => bad(sentenceOf(error), remedyOfPrivateFile(error.problem)),
  space: ({ freeBytes, leastBytes }) =>
    freeBytes >= leastBytes
      ? good(`${Math.floor(freeBytes / MB)} MB free`)
      : bad(
          `only ${Math.floor(freeBytes / MB)} MB free`,
          'make room: without it no mail is accepted',
        ),
  'no-space-told': () => bad('the file system tells no free space', 'look at it with df'),
  readable: () => good('readable'),
  'no-keys': () =>
    bad('no keys yet', 'make them with postern daemon -g, then register the account'),
  damaged: ({ path, problem }) => bad(`${path}: ${problem}`, 'put back a good copy, or remove it'),
  'damaged-key': ({ path, problem }) =>
    bad(
      `${path}: ${problem}`,
      'put back a good copy; removing both its halves makes a new identity, which nobody knows',
    ),
  known: ({ count }) => good(`${count} known`),
  running: ({ pid, needsRestart }) =>
    needsRestart.length === 0
      ? good(`running, process ${pid}`)
      : bad(`settings wait for a restart: ${needsRestart.join(', ')}`, 'restart the daemon'),
  'not-running': () => good('not running'),
  'no-answer': ({ reason }) =>
    bad(`the control socket does not answer: ${reason}`, 'end what holds it and start the daemon'),
  'port-free': () => good('free for the daemon'),
  'port-taken': () => bad('another program listens there', 'end it, or choose another address'),
  reached: ({ address }) => good(`reached at ${address}`),
  unreached: ({ address, error }) => bad(`${address}: ${reasonOf(error)}`, remedyOf(error)),
  skew: ({ skewMs, limitMs }) => clockDiagnosis(skewMs, limitMs),
  document: ({ epoch, providers }) => good(`of epoch ${epoch}, with ${providers} providers`),
  'no-document': ({ error }) =>
    bad(
      `none for this moment: ${reasonOf(error)}`,
      'compare EpochPeriod with the network’s; or the authority has too few nodes: ask its operator',
    ),
  'bad-document': ({ reason }) =>
    bad(`it cannot be used: ${reason}`, 'compare PublicKey and EpochPeriod with the network’s'),
  'epoch-length': ({ seconds: length }) =>
    bad(`the network’s epochs last ${length} s`, `set EpochPeriod = ${length}`),
  unregistered: ({ address }) =>
    bad(
      `the provider at ${address} does not let this account in`,
      'register its link key (postern account show)',
    ),
  connection: ({ state }) => connectionDiagnosis(state),
  unusable: ({ problem }) =>
    problem === 'key-file'
      ? bad('not connected: its keys cannot be used', 'see the keys above, then restart the daemon')
      : bad(`not opened: ${problem}`, 'postern status says more; then restart the daemon'),
  'not-looked': () => bad('could not be looked at', 'first what has failed above'),
};

/** A finding as a sentence and, where it is a failure, a remedy. */
export const diagnose = <K extends Kind>(verdict: VerdictOf<K> & { readonly kind: K }): Diagnosis =>
  DIAGNOSES[verdict.kind](verdict);

const MOST_SHOWN = 3;

const some = (paths: readonly string[]): string => {
  const more = paths.length > MOST_SHOWN ? [`and ${paths.length - MOST_SHOWN} more`] : [];
  return [...paths.slice(0, MOST_SHOWN), ...more].join(', ');
};

const remedyOfPrivateFile = (problem: string): string => {
  switch (problem) {
    case 'open-to-others':
      return 'chmod go= it';
    case 'lost-key':
      return 'put back the key from your copy: without it the stores stay closed';
    case 'lost-salt':
      return 'put back the salt from your copy: without it the stores stay closed';
    case 'empty-passphrase':
      return 'write the passphrase into its first line';
    case 'of-another-user':
      return 'run as its owner, or chown it';
    default:
      return 'put back a good copy';
  }
};

const clockDiagnosis = (skewMs: number, limitMs: number): Diagnosis => {
  const text = `this clock is ${seconds(skewMs)} ${skewMs < 0 ? 'behind' : 'ahead'}`;
  return Math.abs(skewMs) > limitMs
    ? bad(text, 'set the clock, best by NTP (timedatectl set-ntp true)')
    : good(text);
};

const connectionDiagnosis = (state: string): Diagnosis => {
  switch (state) {
    case 'connected':
    case 'paused':
      return good(state);
    case 'provider-missing':
      return bad('the document does not list it', 'compare Provider; or ask its operator');
    case 'pin-mismatch':
      return bad(
        'its key is not ProviderKeyPin',
        'ask its operator for the key before you change it',
      );
    case 'no-usable-address':
      return bad('it has no address of a preferred transport', 'change PreferedTransports');
    case 'no-document':
      return bad('no document of the network', 'see the authority and the document above');
    default:
      return bad(`${state}, not connected`, 'wait a minute and look again; then see the log');
  }
};

const SILENT: readonly Unreached['kind'][] = ['deadline', 'no-answer', 'aborted'];

const reasonOf = (error: Unreached): string => {
  if (error.kind === 'dial') return sentenceOf(error);
  if (error.kind === 'handshake') return `the handshake failed (${error.reason})`;
  if (error.kind === 'not-authenticated') return 'it has another key';
  if (error.kind === 'not-found') return `the authority has none of epoch ${error.epoch} yet`;
  if (error.kind === 'gone') return `the authority will never have one of epoch ${error.epoch}`;
  return SILENT.includes(error.kind) ? 'no answer in time' : error.kind;
};

const REMEDIES: Readonly<Partial<Record<Unreached['kind'], string>>> = {
  dial: 'compare Address; look at the network connection and the firewall',
  handshake: 'compare LinkProfile and the port with the network’s',
  'not-authenticated': 'compare PublicKey with the network’s',
  'bad-authority-key': 'compare PublicKey with the network’s',
};

const remedyOf = ({ kind }: Unreached): string =>
  REMEDIES[kind] ?? 'try again; then ask the operator';
