"""One module per command; each has it under the name `command`."""
