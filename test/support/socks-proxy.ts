/** A SOCKS5 proxy of the tests' own, written from the RFCs: it notes who asks for what, and relays. */
import { fromUtf8 } from '../../src/bytes/text.js';
import type { Duplex, Listener, Network } from '../../src/io/contracts.js';

export interface Asked {
  /** Empty: without credentials. */
  readonly user: string;
  readonly password: string;
  readonly target: string;
}

export interface SocksProxy {
  readonly address: string;
  /** Requests, in order. */
  readonly asked: Asked[];
  /** Whether it relays; its listener stays. */
  isOpen: boolean;
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** Takes bytes off a stream one by one. */
class Bytes {
  readonly #duplex: Duplex;
  #read: number[] = [];

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  async take(count: number): Promise<number[]> {
    while (this.#read.length < count) {
      const more = await this.#duplex.read();
      if (more === undefined) throw new Error('ended');
      this.#read.push(...more);
    }
    return this.#read.splice(0, count);
  }

  async byte(): Promise<number> {
    return (await this.take(1))[0] ?? 0;
  }

  async text(): Promise<string> {
    return fromUtf8(Uint8Array.from(await this.take(await this.byte())));
  }

  get rest(): Uint8Array {
    return Uint8Array.from(this.#read);
  }
}

const relay = async (from: Duplex, to: Duplex): Promise<void> => {
  for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) {
    await to.write(bytes);
  }
  to.end();
};

const targetFrom = async (bytes: Bytes): Promise<string> => {
  const type = await bytes.byte();
  const host = async (): Promise<string> => {
    if (type === 1) return (await bytes.take(4)).join('.');
    if (type === 3) return bytes.text();
    const groups = await bytes.take(16);
    const pairs = Array.from({ length: 8 }, (_, i) => groups[2 * i]! * 256 + groups[2 * i + 1]!);
    return `[${pairs.map((pair) => pair.toString(16)).join(':')}]`;
  };
  const name = await host();
  const [high = 0, low = 0] = await bytes.take(2);
  return `${name}:${high * 256 + low}`;
};

const greet = async (duplex: Duplex, bytes: Bytes): Promise<Omit<Asked, 'target'>> => {
  await bytes.take(1);
  const methods = await bytes.take(await bytes.byte());
  const method = methods.includes(2) ? 2 : 0;
  await duplex.write(Uint8Array.of(5, method));
  if (method === 0) return { user: '', password: '' };
  await bytes.take(1);
  const credentials = { user: await bytes.text(), password: await bytes.text() };
  await duplex.write(Uint8Array.of(1, 0));
  return credentials;
};

const serve = async (network: Network, duplex: Duplex, proxy: SocksProxy): Promise<void> => {
  const bytes = new Bytes(duplex);
  const who = await greet(duplex, bytes);
  await bytes.take(3);
  const target = await targetFrom(bytes);
  proxy.asked.push({ ...who, target });
  const dialled = proxy.isOpen ? await network.dial(target, never) : undefined;
  if (dialled?.isOk() !== true) {
    await duplex.write(Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
    duplex.end();
    return;
  }
  await duplex.write(Uint8Array.of(5, 0, 0, 3, 1, 0x78, 0, 0));
  if (bytes.rest.length > 0) await dialled.value.write(bytes.rest);
  void relay(duplex, dialled.value);
  void relay(dialled.value, duplex);
};

/** Listens at `address`; what it relays to is dialled through `network` too. */
export const startSocksProxy = async (network: Network, address: string): Promise<SocksProxy> => {
  const listener: Listener = (await network.listen(address))._unsafeUnwrap();
  const proxy: SocksProxy = {
    address: listener.address,
    asked: [],
    isOpen: true,
    close: () => listener.close(),
  };
  void (async () => {
    for await (const duplex of listener.connections) {
      void serve(network, duplex, proxy).catch(() => duplex.destroy());
    }
  })();
  return proxy;
};

/** A network that notes what it is asked to dial. */
export const noting = (
  network: Network,
): { readonly network: Network; readonly dialled: string[] } => {
  const dialled: string[] = [];
  return {
    dialled,
    network: {
      dial: (address, signal) => {
        dialled.push(address);
        return network.dial(address, signal);
      },
      listen: (address) => network.listen(address),
    },
  };
};
