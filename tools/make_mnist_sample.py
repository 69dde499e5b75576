"""Make the pictures in the repository: the first 5,000 training and 1,000 test pictures of MNIST.

usage: python tools/make_mnist_sample.py FOLDER_OF_THE_FULL_SET
"""

import sys

from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.fetch import make_sample

if len(sys.argv) != 2:
    sys.exit(__doc__)
try:
    make_sample(sys.argv[1], BUNDLED, training=5000, test=1000)
except PicturesError as error:
    sys.exit(str(error))
