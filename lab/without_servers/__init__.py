"""The tests of `make check`: those that start no server and no process, chosen by their code and held to it.

`pytest --without-servers` leaves out each test whose code, or that of a fixture it uses, leads to a server or a process
(`reach`), and each that has the mark `servers`. While the rest run, nothing in this process may bind a socket or start
a process (`guard`): a test that does fails, and says that it needs the mark. `plugin` joins the two.
"""
