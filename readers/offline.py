"""Write the contract as one HTML page that works offline: Swagger UI and the contract are embedded in it.

`make dist` runs this from the root of the repository; the argument is the path of the page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import Template

from mockserver.contract import read_contract

READERS = Path(__file__).resolve().parent
SWAGGER_UI = READERS / "node_modules" / "swagger-ui-dist"


def render_page() -> str:
    """Return the contract in Swagger UI as one HTML page."""
    contract = read_contract()
    template = Template((READERS / "page.html").read_text("utf-8"))
    # An end tag inside a script would close the script element, so end tags are escaped.
    return template.substitute(
        title=contract["info"]["title"],
        style=(SWAGGER_UI / "swagger-ui.css").read_text("utf-8"),
        script=(SWAGGER_UI / "swagger-ui-bundle.js").read_text("utf-8").replace("</script", "<\\/script"),
        contract=json.dumps(contract).replace("</", "<\\/"),
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_page(), "utf-8")
