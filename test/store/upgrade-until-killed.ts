/** A program that upgrades the store it is given, and dies at the moment it is given, if any. */
import { upgradeSqliteStore } from '../../src/store/sqlite.js';
import { longerSteps } from './upgrade-steps.js';

const [path = '', moment = ''] = process.argv.slice(2);

const dieAt = (now: string): void => {
  if (now === moment) process.kill(process.pid, 'SIGKILL');
};

process.stdout.write('begin\n');
const upgraded = upgradeSqliteStore(path, new Uint8Array(32).fill(7), {
  steps: longerSteps(() => dieAt('within 3')),
  tell: (news) => dieAt(news.kind === 'step' ? `step ${news.from}` : news.kind),
});
process.stdout.write(`${JSON.stringify(upgraded)}\n`);
