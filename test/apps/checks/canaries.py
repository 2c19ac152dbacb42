"""Looks for canaries in clear, in base64 and in hex: canaries.py DIRECTORY ALLOWED PIDS, with lines
`name canary` on the standard input. Prints a line `name place` for each place that is not allowed."""
import base64, fnmatch, os, sys

root, allowed_file, pids = sys.argv[1], sys.argv[2], sys.argv[3].split()
allowed = [line.split()[:2] for line in open(allowed_file) if line.strip() and line[0] != '#']


def forms(text):
    """A canary as it may be written, at each of the three places of base64."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    for skip in range(3):
        coded = base64.b64encode(b'\0' * skip + raw)
        yield coded[4 if skip else 0:len(coded) - 4]


def may(name, place):
    return any(who in ('*', name) and fnmatch.fnmatchcase(place, where) for who, where in allowed)


def places():
    for folder, folders, files in os.walk(root):
        for each in folders + files:
            path = os.path.join(folder, each)
            place = os.path.relpath(path, root)
            yield place, place.encode()
            if os.path.isfile(path):
                with open(path, 'rb') as file:
                    yield place, file.read()
    for pid in pids:
        for kind in ('cmdline', 'environ'):
            with open(f'/proc/{pid}/{kind}', 'rb') as file:
                yield f'/proc/{pid}/{kind}', file.read()


canaries = [line.rstrip('\n').split(' ', 1) for line in sys.stdin]
sought = [(name, form) for name, text in canaries for form in forms(text)]
found = set()
for place, content in places():
    found.update((name, place) for name, form in sought if form in content and not may(name, place))
for name, place in sorted(found):
    print(name, place)
