"""What people type after `mailjet-segment`: for each command a module that adds its arguments and starts it.

Read `command` first, then `commands`, the table of all of them. `options` and `values` hold what several of them share.
To add a command, write a module with a `COMMAND` and name it in the table. Such a module is imported at each start:
it imports what its command needs inside its `run`.
"""
