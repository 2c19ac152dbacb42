"""mutt at a terminal, for readers.test.ts: flags every mail that has come, and has it written down, until it is over.

Arguments: mutt, its configuration, Maildir, file whose presence ends it.
"""
import os, pty, select, sys, time

mutt, settings, folder, stop = sys.argv[1:]


def press(keys):
    """Presses keys, and lets mutt do what they ask for."""
    os.write(terminal, keys.encode())
    until = time.monotonic() + 0.1
    while select.select([terminal], [], [], max(0, until - time.monotonic()))[0]:
        os.read(terminal, 65536)


def unflagged():
    # mutt leaves what it has flagged and not read in new.
    names = [name for place in ('new', 'cur') for name in os.listdir(os.path.join(folder, place))]
    return [name for name in names if 'F' not in (name.split(':2,') + [''])[1]]


# In an empty folder its keys would mean other things.
while not os.listdir(os.path.join(folder, 'new')):
    time.sleep(0.01)
child, terminal = pty.fork()
if child == 0:
    os.environ['TERM'] = 'xterm'
    os.execv(mutt, [mutt, '-n', '-F', settings, '-f', folder])
press('')
patience = None
while True:
    for keys in ('T', '!~F\n', ';', 'w', '!', '$', '\x14', '~A\n'):
        press(keys)
    if os.path.exists(stop):
        patience = patience or time.monotonic() + 60
        if not unflagged() or time.monotonic() > patience:
            break
try:
    press('q')
except OSError:
    pass  # It has ended.
os.waitpid(child, 0)
