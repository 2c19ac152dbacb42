/**
 * `postern node authority|mix|provider VERB`: one part of a mix network, and what its operator does.
 * @module
 */
import type { Command } from 'commander';
import type { Role } from '../../node/role.js';
import type { Cli } from '../cli.js';
import { addAuthorityNodes } from './authority-nodes.js';
import { addAsking } from './node/ask.js';
import { addDelkeys } from './node/delkeys.js';
import { addFileVerbs } from './node/files.js';
import { addNodeInit } from './node/init.js';
import { addStart } from './node/start.js';

const ROLES: Readonly<Record<Role, string>> = {
  authority: 'the directory authority',
  mix: 'a mix',
  provider: 'a provider, with its users and services',
};

export const addNode = (program: Command, cli: Cli): void => {
  const node = program.command('node').description('run a part of a mix network');
  for (const role of ['authority', 'mix', 'provider'] as const) {
    const command = node.command(role).description(ROLES[role]);
    for (const add of [addNodeInit, addStart, addAsking, addDelkeys, addFileVerbs]) {
      add(command, cli, role);
    }
    if (role === 'authority') addAuthorityNodes(command, cli);
  }
};
