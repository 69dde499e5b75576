"""What is wrong with pictures, in one line: which file, what was found, what is allowed."""


class PicturesError(ValueError):
    """Pictures are missing, damaged or not what they have to be."""
