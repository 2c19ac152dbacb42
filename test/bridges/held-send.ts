/** A client whose mails are durable when the test says so. */
import type { FakeClient } from '../../testkit/fake-client.js';

export interface HeldSend {
  /** When the client has been given a mail. */
  readonly given: Promise<void>;
  readonly makeDurable: () => void;
}

export const holdSend = (client: FakeClient): HeldSend => {
  let makeDurable = (): void => undefined;
  const durable = new Promise<void>((resolve) => (makeDurable = resolve));
  const given = new Promise<void>((resolve) => {
    client.beforeSend = () => {
      resolve();
      return durable;
    };
  });
  return { given, makeDurable: () => makeDurable() };
};
