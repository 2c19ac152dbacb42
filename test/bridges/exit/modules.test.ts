/** Every exit module of ours passes the suite that others use for theirs. */
import { expect, test } from 'vitest';
import {
  execExit,
  lmtpExit,
  maildirExit,
  smtpExit,
  webhookExit,
} from '../../../bridges/exit/index.js';
import { nodeIo } from '../../../src/io/node.js';
import { exitModuleSuite } from '../../../testkit/exit-module.js';
import { execSite, mailServerSite, maildirSite, webhookSite } from './sites.js';

const io = nodeIo();
const tools = { test, expect };

exitModuleSuite(maildirExit, { makeSite: maildirSite, answers: ['retry'], io }, tools);
exitModuleSuite(
  execExit,
  { makeSite: execSite, answers: ['retry', 'no-retry', 'silence'], io },
  tools,
);
exitModuleSuite(
  webhookExit,
  { makeSite: webhookSite, answers: ['retry', 'no-retry', 'silence'], io },
  tools,
);
exitModuleSuite(
  smtpExit,
  { makeSite: mailServerSite('smtp'), answers: ['retry', 'no-retry', 'silence'], io },
  tools,
);
exitModuleSuite(
  lmtpExit,
  { makeSite: mailServerSite('lmtp'), answers: ['retry', 'no-retry', 'silence'], io },
  tools,
);
