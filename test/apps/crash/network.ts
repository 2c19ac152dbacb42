/** The network of a siege: one daemon knows nobody, and what was lost is sent again soon. */
import { prepareNetwork, type ProcessNetwork } from '../network.js';

/** What was lost is sent again soon, so that it meets the next kill. */
export const soon = (config: string): string =>
  config.replace('[Debug]', '[Debug]\nRetransmitSlack = 3');

/**
 * Starts a network in an empty directory.
 *
 * @param discoverer - name of a user whose daemon knows nobody, and asks for keys
 */
export const startCrashNetwork = async (
  directory: string,
  discoverer: string,
): Promise<ProcessNetwork> => {
  const network = await prepareNetwork(directory);
  for (const { name, user } of network.plan.users) {
    await network.configure(name, (text) =>
      soon(name === discoverer ? discovering(text, user) : text),
    );
  }
  await network.up();
  return network;
};

/** A daemon that discovers knows nobody, and may ask for keys. */
const discovering = (config: string, user: string): string => {
  const account = `User = "${user}"`;
  return config
    .replace(/^\[Recipients\]\n(?:".*\n)*/m, '')
    .replace(account, `${account}\nInsecureKeyDiscovery = true`);
};
