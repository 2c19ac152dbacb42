/**
 * Lists of addresses, as `To`, `Cc` and `Bcc` hold them (RFC 5322 §3.4).
 * @module
 */

/** Where a list is being read: quoted, how deep in comments, inside angle brackets. */
interface Place {
  quoted: boolean;
  comments: number;
  angled: boolean;
}

/**
 * Cuts a field's value into single addresses, each with its name and comments.
 *
 * The members of a group stand for themselves, so an empty group gives none; the route of an address
 * goes. Nothing is checked: that is for whoever normalises an address.
 *
 * @param value - unfolded
 */
export const splitAddresses = (value: string): readonly string[] => {
  const addresses: string[] = [];
  const place: Place = { quoted: false, comments: 0, angled: false };
  let current = '';
  for (const token of value.match(TOKEN) ?? []) {
    const ends = isPlain(place) ? END[token] : undefined;
    step(place, token);
    if (ends === 'address') addresses.push(current);
    current = ends === undefined ? current + token : '';
  }
  return [...addresses, current]
    .map((address) => withoutRoute(address).trim())
    .filter((each) => each !== '');
};

/** `<@relay,@other:user@host>`: the obsolete way to say how a mail goes (RFC 5322 §4.4). */
const withoutRoute = (text: string): string => text.replace(/<\s*@[^<>:]*:/, '<');

/** A character, or a quoted one with its backslash. */
const TOKEN = /\\[^]|[^]/gu;

/** What ends where: a group's name goes, and its members stay. */
const END: Readonly<Record<string, 'address' | 'group-name'>> = {
  ',': 'address',
  ';': 'address',
  ':': 'group-name',
};

const isPlain = ({ quoted, comments, angled }: Place): boolean =>
  !quoted && comments === 0 && !angled;

const step = (place: Place, char: string): void => {
  if (char === '"' && place.comments === 0) place.quoted = !place.quoted;
  if (place.quoted) return;
  if (char === '(') place.comments++;
  if (char === ')' && place.comments > 0) place.comments--;
  if (place.comments > 0) return;
  if (char === '<') place.angled = true;
  if (char === '>') place.angled = false;
};
