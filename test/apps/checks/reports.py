"""Reads reports as RFC 3464 wants them.

reports.py MAILDIR SUBJECT WORD: one line for each mail with this subject that holds the word.
reports.py --attached MAILDIR SUBJECT WORD: what is attached to it.
"""
import email
import email.policy
import pathlib
import re
import sys

ACTIONS = {'failed', 'delayed', 'delivered', 'relayed', 'expanded'}
STATUS = re.compile(r'([245]\.\d{1,3}\.\d{1,3})(?: \([^()]*\))?')
ADDRESS = re.compile(r'rfc822; ([^\s;]+@[^\s;]+)')


def mails(folder, subject, word):
    for path in pathlib.Path(folder, 'new').iterdir():
        raw = path.read_bytes()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        if mail['Subject'] == subject and word.encode() in raw:
            for part in mail.walk():
                assert not part.defects, part.defects
            yield mail


def described(mail):
    """Type and return path; then of each recipient what became of the mail."""
    yield f"{mail.get_content_type()} {mail['Return-Path']}"
    for part in mail.iter_parts():
        if part.get_content_type() == 'message/delivery-status':
            about_all, *each = part.get_payload()
            assert about_all['Reporting-MTA'].startswith('dns; ')
            assert each, 'nobody is reported about'
            yield from map(outcome, each)
    yield part.get_content_type()


def outcome(group):
    status = STATUS.fullmatch(group['Status'])
    address = ADDRESS.fullmatch(group['Final-Recipient'])
    assert status and address and group['Action'] in ACTIONS, dict(group)
    return f"{group['Action']} {address[1]} {status[1]}"


def attached(mail):
    part = list(mail.iter_parts())[-1]
    whole = part.get_payload(0).as_bytes() if part.is_multipart() else part.get_payload(decode=True)
    return whole.decode('latin1')


arguments = sys.argv[1:]
if arguments[0] == '--attached':
    print(*map(attached, mails(*arguments[1:])))
else:
    for each in mails(*arguments):
        print(*described(each), sep=', ')
