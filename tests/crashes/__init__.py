"""The kill test: the real command as a process, killed with SIGKILL at a chosen instant, and run again.

`python tests/crashes/run.py --help` (or `make kill-test`) says how to use it.

world.py        sandboxes, CRM and files of one case; where a case begins is prepared once, and forked
people.py       who is there, and what users and persons do before the run
instants.py     the instants at which a client can be killed, and how
launcher.py     the client: `rundbrief`, which counts its own database writes and dies at one of them
snapshot.py     what has to be the same after a killed run as after an undisturbed one
case.py         one case: kill, perhaps kill again, let a run finish, compare
run.py          many of them, by a seed
"""
