"""What the project must bear: killed jobs, damaged files, mutated configs, hostile mirrors, a raced cache.

Each part is a module with a function `torture(cases, seed)`, which takes numbers from `cases` as long as there are
any, that is until the count or the time is up, and gives one line with a figure, and the faults it found. A part ends
whatever it has started, and nothing else.
"""
