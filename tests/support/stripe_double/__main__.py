"""python -m support.stripe_double PORT SECRET"""

import sys

from support.stripe_double.serving import serve

serve(int(sys.argv[1]), sys.argv[2])
