"""The commands that people type after `mailjet-segment`: for each a module that adds its arguments and starts it.

Read `command` first, then `commands`, the table of all of them. `options` and `values` are shared by several of them.
To add a command, write a module with a `COMMAND` and name it in the table. Such a module is imported at each start:
so it imports the packages of its command inside its `run`.
"""
