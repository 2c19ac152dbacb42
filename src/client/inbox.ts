/**
 * The inbox: sealed blocks go in, whole mails come out, once each.
 *
 * A block that was accepted is durable: as part of a mail, as a mail, or as a note that it has been
 * refused. Every acceptance is one commit, so a crash between any two loses and doubles nothing.
 *
 * Source: mailproxy internal/account/recv.go, with its defects of deduplication and deletion mended.
 * @module
 */
import { err, ok, okAsync, Result, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { toHex } from '../bytes/text.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Clock, Log, Random } from '../io/contracts.js';
import { encodeFields } from '../mail/header.js';
import { buildReport, type Report } from '../mail/report.js';
import { senderFields } from '../mail/sender-field.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import type { Change, Store, StoreError } from '../store/store.js';
import {
  judge,
  readEvidence,
  type ReadPart,
  readPartial,
  readWhole,
  storedParts,
} from './inbox-delivery.js';
import { entryOf, type HeldMail, idBytes, loadMails, type Mails } from './inbox-mails.js';
import { MAIL_ID_LENGTH } from './inbox-records.js';
import {
  loadSeen,
  messageKey,
  refusedKey,
  type Seen,
  SEEN_MESSAGES,
  SEEN_REFUSED,
} from './inbox-seen.js';
import { commitSteps, type Step, Turns } from './inbox-step.js';
import { Pulse } from './pulse.js';
import {
  holds,
  loadPartials,
  PARTIAL_LIMITS,
  type PartialLimits,
  type PartialMail,
  type Partials,
  putPart,
} from './reassembly.js';
import { type OpenedBlock, openBlock } from './seal.js';
