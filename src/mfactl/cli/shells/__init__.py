"""The completion scripts, one module a shell: texts made from the outline of the command tree."""
