# MP-2: mail flows in the background, with nobody attached.
msg alice@p1.test bob@p2.test quiet x | put A bob@p2.test; tick 45m
expect 'MP-2 it has arrived by itself' "$(status_of B inbox.count)" 1
