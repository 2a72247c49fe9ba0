"""The known attacks, a named test each: the program is run as whoever tries them would run it.

A test names the public case that it is about, where there is one. What is shown elsewhere is not
shown again: races of many processes, records that were edited, what stays off the terminal.
"""
