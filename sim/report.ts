/**
 * Reports: what a run says about latency, anonymity, traffic and what it costs.
 * @module
 */
import { smallGeometry } from '../src/sphinx/geometry.js';
import { encodeCommand } from '../src/wire/commands.js';
import { frameLength } from '../src/wire/session.js';
import type { Settings } from './settings.js';
import type { Outcome } from './simulate.js';
import type { Station } from './station.js';
import { mean, quantile } from './statistics.js';

/** Seconds from the writing of a block. */
export interface Latency {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface NodeTraffic {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Packets inside, on average. */
  readonly held: number;
}

export interface Report {
  readonly blocks: number;
  /** Blocks that never came; 0 or this network does not work. */
  readonly unfinished: number;
  readonly toSpool: Latency;
  readonly toUser: Latency;
  /** Bits per block; `most` is what equally likely users would have. */
  readonly senderEntropy: {
    readonly mean: number;
    readonly p50: number;
    readonly p10: number;
    readonly p1: number;
    readonly most: number;
  };
  /** Each way, frames and encryption included. */
  readonly user: {
    readonly packetsPerSecond: number;
    readonly bytesPerSecondUp: number;
    readonly bytesPerSecondDown: number;
    readonly gigabytesPerMonth: number;
  };
  /** What one sends, on average. */
  readonly provider: NodeTraffic;
  readonly mix: NodeTraffic;
  /** What all nodes pay, per user. */
  readonly costPerUserAndMonth: number;
}

const SECOND_MS = 1000;
const MONTH_S = 30 * 24 * 3600;
const GIGABYTE = 1e9;

interface FrameLengths {
  readonly packet: number;
  readonly request: number;
  readonly answer: number;
}

/** What a packet, a request to a spool and its answer take on a link, bytes. */
const frameLengths = (userPayload: number): FrameLengths => {
  const geometry = smallGeometry(userPayload);
  const of = (command: Parameters<typeof encodeCommand>[1]): number =>
    frameLength(encodeCommand(geometry, command).length);
  return {
    packet: of({ kind: 'send-packet', packet: new Uint8Array(geometry.packetLength) }),
    request: of({ kind: 'retrieve-message', sequence: 0 }),
    answer: of({ kind: 'message-empty', sequence: 0 }),
  };
};

const latencyOf = (valuesMs: readonly number[]): Latency => {
  const seconds = valuesMs.map((ms) => ms / SECOND_MS).sort((a, b) => a - b);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((part) => quantile(seconds, part));
  return { mean: mean(seconds), p50: p50 ?? NaN, p90: p90 ?? NaN, p99: p99 ?? NaN };
};

export const reportOf = (settings: Settings, outcome: Outcome): Report => {
  const { Users, Providers, UserPayload, PricePerGigabyte } = settings.Simulation;
  const frames = frameLengths(UserPayload);
  const seconds = outcome.measuredMs / SECOND_MS;
  const answers = (outcome.retrievals * frames.answer) / seconds;
  const providers = outcome.stations.slice(0, Providers);
  const mixes = outcome.stations.slice(Providers);
  const provider = trafficOf(providers, { seconds, frames, answers });
  const mix = trafficOf(mixes, { seconds, frames, answers: 0 });
  const sentBytes = provider.bytesPerSecond * providers.length + mix.bytesPerSecond * mixes.length;
  return {
    blocks: outcome.senderBits.length,
    unfinished: outcome.unfinished,
    toSpool: latencyOf(outcome.toSpoolMs),
    toUser: latencyOf(outcome.toUserMs),
    senderEntropy: entropyOf(outcome.senderBits, Users),
    user: userOf(outcome, { users: Users, seconds, frames }),
    provider,
    mix,
    costPerUserAndMonth: ((sentBytes * MONTH_S) / GIGABYTE / Users) * PricePerGigabyte,
  };
};

const entropyOf = (bits: readonly number[], users: number): Report['senderEntropy'] => {
  const sorted = bits.toSorted((a, b) => a - b);
  return {
    mean: mean(sorted),
    p50: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p1: quantile(sorted, 0.01),
    most: Math.log2(users),
  };
};

const userOf = (
  { sent, retrievals }: Outcome,
  {
    users,
    seconds,
    frames,
  }: { readonly users: number; readonly seconds: number; readonly frames: FrameLengths },
): Report['user'] => {
  const perSecond = (count: number): number => count / users / seconds;
  const up = perSecond(sent) * frames.packet + perSecond(retrievals) * frames.request;
  const down = perSecond(retrievals) * frames.answer;
  return {
    packetsPerSecond: perSecond(sent),
    bytesPerSecondUp: up,
    bytesPerSecondDown: down,
    gigabytesPerMonth: ((up + down) * MONTH_S) / GIGABYTE,
  };
};

const trafficOf = (
  stations: readonly Station[],
  {
    seconds,
    frames,
    answers,
  }: { readonly seconds: number; readonly frames: FrameLengths; readonly answers: number },
): NodeTraffic => {
  const packets = mean(stations.map(({ counts }) => counts.packetsOut)) / seconds;
  return {
    packetsPerSecond: packets,
    bytesPerSecond: packets * frames.packet + answers / stations.length,
    held: mean(stations.map(({ counts }) => counts.heldMs)) / (seconds * SECOND_MS),
  };
};
