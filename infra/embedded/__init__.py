"""The whole stack from wheels, on loopback: real servers as child processes, for `seloste dev` and for the tests.

From below: children and ports; one file per server, each with `program` (what to run) and `running` (a context that
runs it); `dev` above them all is the supervisor.
"""
