/**
 * The promises that have a number, by family, and what shows each beside the checks of a network.
 *
 * A check states its facts itself, under the number of its promise (test/apps/checks); what no
 * network of processes can show is shown by tests: a file, a folder, or the beginning of a test's
 * full name.
 */

const upTo = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const named = (numbers) =>
  Object.entries(numbers).flatMap(([kind, all]) => all.map((number) => `${kind}-${number}`));

const node = (name) => `test/servers/node/${name}`;
const mix = (name) => `test/servers/mix/${name}`;

const client = {
  promises: named({
    MP: upTo(1, 46),
    PM: [...upTo(1, 7), 9, 26],
    SG: upTo(1, 6),
    BF: [1],
    HS: [...upTo(1, 16), ...upTo(18, 20)],
    X: [...upTo(1, 12), 17],
  }),
  /** Defects of others whose absence another promise's check shows. */
  shownBy: {
    'X-1': 'MP-4',
    'X-2': 'MP-30',
    'X-4': 'MP-42',
    'X-5': 'MP-19',
    'X-6': 'MP-44',
    'X-7': 'MP-36',
    'X-11': 'HS-20',
    'X-12': 'HS-2',
    'X-17': 'MP-45',
  },
  tests: {
    'MP-40': ['test/client/reports.test.ts'],
    'MP-46': ['test/examples.test.ts'],
    'HS-20': ['test/sanitise'],
    'PM-9': ['test/client/account/self-service.test.ts > a deleted account > leaves nothing'],
  },
  /** Ten thousand mails of 100 KB, one of which is fetched. */
  benches: {
    'X-8': { area: 'mailbox', requirement: /resident after RETR, 10000 of 100 KB/ },
  },
};

const nodes = {
  promises: named({
    MX: [...upTo(1, 16), ...upTo(18, 43), 48, 49, ...upTo(51, 53), 55, 57],
    PM: [8],
    X: [13, 16],
  }),
  shownBy: { 'X-16': 'MX-35' },
  tests: {
    'MX-2': [mix('carry-over.test.ts > a mix that is stopped > holds its packets again')],
    'MX-5': [node('delete-keys.test.ts')],
    'MX-7': [
      'test/store/upgrade.test.ts > an interrupted upgrade',
      'test/apps/node/upgrade.test.ts',
    ],
    'MX-14': [
      mix('limits.test.ts'),
      mix('peers.test.ts'),
      'test/hostile/handshake.test.ts > a hostile handshake',
      'test/hostile/wire.test.ts > a frame',
    ],
    'MX-15': [
      node('strategy.test.ts > rounds > change the order'),
      node('strategy.test.ts > holding by a strategy > keeps Poisson'),
    ],
    'MX-16': [node('connect.test.ts > a destination that is down')],
    'MX-18': [
      node('admit.test.ts'),
      node('hop.test.ts > the class of a packet'),
      mix('replays.test.ts > forged packets'),
      'test/hostile/sphinx.test.ts',
    ],
    'MX-19': [
      'test/client/inbox/inbox.test.ts > size',
      'test/client/inbox/refusals.test.ts > incomplete mails',
      'test/client/inbox/crash.test.ts',
    ],
    'MX-21': ['test/journeys/authority-gap.test.ts'],
    'MX-22': [mix('epochs.test.ts > epochs')],
    'MX-23': [
      'test/servers/authority/pending.test.ts > a node that is not listed',
      'test/apps/node/authority-nodes.test.ts',
    ],
    'MX-24': ['test/journeys/trial.test.ts', node('trials.test.ts')],
    'MX-29': [
      mix('epochs.test.ts > epochs > destroy a key'),
      node('replay.test.ts > the replay log'),
    ],
    'MX-30': ['test/apps/node/statistics.test.ts'],
    'MX-32': [mix('replays.test.ts > a key > is nowhere in the store')],
    'MX-34': [
      mix('carry-over.test.ts'),
      node('queue-store.test.ts'),
      'test/store/sqlite-kill.test.ts',
    ],
    'MX-35': [node('strategy.test.ts'), 'test/apps/node/config.test.ts > [Mixing] of a mix'],
    'MX-36': [node('bandwidth.test.ts'), mix('limits.test.ts')],
    'MX-37': ['test/io/retry-plan.test.ts'],
    'MX-38': [mix('replays.test.ts > a tag'), mix('replays.test.ts > a replay')],
    'MX-39': [mix('packets.test.ts > faults and decoys')],
    'MX-40': [
      mix('epochs.test.ts > epochs > rotate keys'),
      mix('replays.test.ts > a key > opens what was made for its last second'),
    ],
    'MX-41': [
      node('queue-store.test.ts > the queue in a file'),
      'test/store/sqlite.test.ts > deleting',
    ],
    'MX-43': ['test/apps/node/statistics.test.ts', 'test/apps/node/metrics.test.ts'],
    'MX-48': [node('connect.test.ts > a destination that is down > has packets wait')],
    'MX-49': ['test/bridges/exit', 'test/examples.test.ts > the examples > exit-module.mjs'],
    'MX-51': [
      'test/journeys/reply-block.test.ts',
      'test/client/packets/reply-block.test.ts',
      'test/client/account/reply-mail.test.ts',
    ],
    'MX-52': [
      'test/pki/along.test.ts',
      'test/journeys/path-by-hand.test.ts',
      'test/client/outbox/records.test.ts',
    ],
    'MX-53': [
      'test/client/sender/reply-desk.test.ts',
      'test/journeys/reply-block.test.ts > a reply block > is not used again after',
    ],
    'MX-55': ['test/journeys/silent-mix.test.ts', 'test/client/sender/loop-watch.test.ts'],
    'PM-8': ['test/servers/provider/provider.test.ts > delivery > tells the operator once'],
    'X-13': ['test/apps/node/upgrade.test.ts'],
  },
  benches: {},
};

export const FAMILIES = { client, nodes };
