"""A lab as the tests of booted hosts have it; and a seed, the same for everybody who runs these tests together."""

import datetime
import os

from tests.host.booted.conftest import lab as lab

os.environ.setdefault("CHAOS_SEED", str(datetime.datetime.now(tz=datetime.UTC).date()))
