"""The code blocks of the documentation, as a reader would try them out.

What becomes of a block stands in a comment right before it:

* ` ```console `: lines that begin with `$ ` are run in a shell, in the page's own folder, and have to succeed.
  What stands below a command is what it prints; `…` is anything, a line that is `…` any lines.
* `<!-- exit 12 -->`: the last command ends with that code.
* `<!-- background -->`: a server, which runs until the page ends.
* `<!-- file: PATH -->`: the block is written to that file.
* `<!-- put into: PATH -->`: its definitions replace those of the same names in a Python file, or are added to it.
* `<!-- not run: REASON -->`: it is only shown.

` ```toml ` has to be TOML, and ` ```python ` Python. Ports from 8025 on are replaced by free ones.
"""
