/**
 * Routes: the paths that real clients and mixes choose, over the stations of a simulation.
 * @module
 */
import type { Result } from 'neverthrow';
import { loopParcel } from '../src/client/sender/decoy.js';
import { pick } from '../src/crypto/sample.js';
import type { Random } from '../src/io/contracts.js';
import { manualClock } from '../src/io/memory.js';
import { choosePair, choosePath, type PathDeps } from '../src/pki/path.js';
import type { NetworkNode, NetworkView } from '../src/pki/view.js';
import { smallGeometry } from '../src/sphinx/geometry.js';
import type { PathHop } from '../src/sphinx/header.js';
import { ENDLESS_EPOCH, indexOf } from './network.js';
import type { SimHop, Station } from './station.js';

export interface Route {
  readonly forward: readonly SimHop[];
  /** From the station that answers, with how long it lets its answer rest, to whoever is answered. */
  readonly reply: readonly SimHop[] | undefined;
}

const NOBODY = new Uint8Array(1);

export class Router {
  readonly #view: NetworkView;
  readonly #stations: readonly Station[];
  readonly #random: Random;
  readonly #deps: PathDeps & { readonly clock: ReturnType<typeof manualClock> };
  readonly #surbId: Uint8Array;

  constructor(view: NetworkView, stations: readonly Station[], random: Random) {
    this.#view = view;
    this.#stations = stations;
    this.#random = random;
    // No packet is made, so none has a payload; the one epoch never ends, so the clock may stand.
    const geometry = smallGeometry(1);
    this.#deps = { view, random, geometry, epochTime: ENDLESS_EPOCH, clock: manualClock() };
    this.#surbId = new Uint8Array(geometry.surbIdLength);
  }

  /** A block of mail, acknowledged. */
  mail(source: NetworkNode, destination: NetworkNode): Route {
    const reply = { recipient: NOBODY, surbId: this.#surbId };
    const request = { source, destination, recipient: NOBODY, reply };
    return this.#routeOf(chosen(choosePair(this.#deps, request)));
  }

  loop(source: NetworkNode): Route {
    return this.mail(source, this.#decoyExit(source));
  }

  drop(source: NetworkNode): Route {
    const destination = this.#decoyExit(source);
    const request = { source, destination, recipient: NOBODY };
    return this.#routeOf(chosen(choosePair(this.#deps, request)));
  }

  /** A mix's own loop, which begins at the mix itself and leaves it at once. */
  mixLoop(mix: NetworkNode): Route {
    const exit = pick(this.#random, this.#view.exits) ?? mix;
    const common = { recipient: NOBODY, surbId: this.#surbId, startMs: 0 };
    const there = { ...common, kind: 'forward', source: mix, destination: exit } as const;
    const back = { ...common, kind: 'reply', source: exit, destination: mix } as const;
    const forward = chosen(choosePath(this.#deps, there)).path;
    const reply = chosen(choosePath(this.#deps, back)).path;
    const route = this.#routeOf({ forward, reply });
    return {
      ...route,
      forward: [{ station: this.#stationOf(mix.nodeId), delayMs: 0 }, ...route.forward],
    };
  }

  #decoyExit(source: NetworkNode): NetworkNode {
    const { geometry } = this.#deps;
    return (
      loopParcel(this.#view, source, { random: this.#random, geometry })?.destination ?? source
    );
  }

  #routeOf({
    forward,
    reply,
  }: {
    readonly forward: readonly PathHop[];
    readonly reply: readonly PathHop[] | undefined;
  }): Route {
    const there = forward.map((hop) => this.#hopOf(hop));
    // The last hop there is the one that answers, after the delay that the forward path gave it.
    const back = reply && [...there.slice(-1), ...reply.map((hop) => this.#hopOf(hop))];
    return { forward: there, reply: back };
  }

  #hopOf({ nodeId, commands }: PathHop): SimHop {
    const delay = commands.find((command) => command.kind === 'node-delay');
    return { station: this.#stationOf(nodeId), delayMs: delay?.delayMs ?? 0 };
  }

  #stationOf(nodeId: Uint8Array): Station {
    const station = this.#stations[indexOf(nodeId)];
    if (station === undefined) throw new RangeError('a path over a node that is not there');
    return station;
  }
}

/** Every path can be chosen in a network that was made for it. */
const chosen = <T>(result: Result<T, { readonly kind: string }>): T => {
  if (result.isErr()) throw new Error(`no path: ${result.error.kind}`);
  return result.value;
};
