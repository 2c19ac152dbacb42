# MP-3: received mail waits until POP3 collects it, whatever happens to the daemon.
before=$(pop B '' UIDL)
kill -9 "$PID_B"; ended "$PID_B"; restart B
expect 'MP-3 the mail is still there after a kill' "$(pop B '' UIDL)" "$before"
expect 'MP-3 once' "$(mails B)" 1
