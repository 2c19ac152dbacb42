"""Readers of a Maildir for readers.test.ts: what they see must be whole, and what they set must stay.

Arguments: Maildir, what to do, file whose presence ends it. Prints what was wrong, if anything.
"""
import os, sys, time

folder, mode, stop = sys.argv[1:]
wrong = set()


def is_whole(path):
    try:
        with open(path, 'rb') as file:
            return file.read().endswith(b'the end\n')
    except FileNotFoundError:
        return True  # Another reader was faster.


def look():
    """As an indexer does: reads all that it has not seen."""
    for place in ('new', 'cur'):
        for name in os.listdir(os.path.join(folder, place)):
            base = name.split(':')[0]
            if base in seen:
                continue
            if is_whole(os.path.join(folder, place, name)):
                seen.add(base)
            else:
                wrong.add('torn ' + name)


def move():
    """As mutt and mbsync do: takes what is new, gives it flags, and later others."""
    for name in os.listdir(os.path.join(folder, 'new')):
        if not is_whole(os.path.join(folder, 'new', name)):
            wrong.add('torn ' + name)
        first = name + (',U=%d' % len(flags) if len(flags) % 2 else '') + ':2,'
        os.rename(os.path.join(folder, 'new', name), os.path.join(folder, 'cur', first))
        flags[name] = first
    for name, known in list(flags.items())[-200:]:
        if known.endswith(':2,'):
            os.rename(os.path.join(folder, 'cur', known), os.path.join(folder, 'cur', known + 'FS'))
            flags[name] = known + 'FS'


seen, flags = set(), {}
while True:
    last = os.path.exists(stop)
    look() if mode == 'look' else move()
    if last:
        break
    time.sleep(0.002)
there = set(os.listdir(os.path.join(folder, 'cur')))
wrong.update('changed ' + known for known in flags.values() if known not in there)
print('\n'.join(sorted(wrong)))
