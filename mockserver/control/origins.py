"""The origins of browser pages that may use the mock."""

from __future__ import annotations

import re

LOCAL_ORIGINS = re.compile(r"https?://(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
