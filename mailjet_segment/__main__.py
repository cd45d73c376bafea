"""`python -m mailjet_segment`: the command, by this very interpreter."""

from __future__ import annotations

import sys

from mailjet_segment.start import main

sys.exit(main())
