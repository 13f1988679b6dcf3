"""`python -m rundbrief` is the `rundbrief` command."""

from rundbrief.cli import main

if __name__ == "__main__":
    main()
