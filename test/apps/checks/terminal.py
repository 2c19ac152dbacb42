"""A program at a terminal: each time that a text is on its screen, or so many seconds (+3) are over, keys are pressed.

Arguments: seconds until it is given up, text, keys, text, keys ... -- program, its arguments. Its end is ours.
"""
import os, pty, re, select, sys, time

split = sys.argv.index('--')
seconds, *steps = sys.argv[1:split]
program = sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM='xterm', COLUMNS='100', LINES='40')
    os.execvp(program[0], program)
until = time.monotonic() + float(seconds)
screen = ''
steps = list(zip(steps[::2], steps[1::2]))
pressed = time.monotonic()
while time.monotonic() < until:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break  # It has ended.
        # What moves the cursor and colours is no text.
        screen += re.sub(r'\x1b(\[[0-9;?]*[a-zA-Z]|[()][A-Z0-9])', '', read.decode(errors='replace'))
    awaited = steps[0][0] if steps else None
    is_over = awaited and awaited[0] == '+' and time.monotonic() > pressed + float(awaited)
    if awaited and (is_over or awaited in screen):
        os.write(terminal, steps.pop(0)[1].encode().decode('unicode_escape').encode())
        screen = ''
        pressed = time.monotonic()
else:
    os.kill(child, 9)
    print(screen[-2000:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if not steps else 1)
