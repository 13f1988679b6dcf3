"""Makes the parts of docs/ that come from the code, so that a page cannot say other things than the code does.

There is a room for each kind of page; `pages` says what goes where. `make docs-tables` renews all of them.
"""
