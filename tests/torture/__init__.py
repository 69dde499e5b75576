"""What the project must bear: killed jobs, damaged files, mutated configs, hostile mirrors, a raced cache.

Each part is a module with a function `torture(count, seed)` that gives one line with a figure, and the faults it found.
A part ends whatever it has started, and nothing else.
"""
