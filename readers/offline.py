"""Write the contract as one HTML file that needs no network: Swagger UI, its style and the contract are inside.

Run from the root of the repository by `make dist`; the argument is the file to write.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from string import Template

from mockserver.contract import read_contract

HERE = Path(__file__).resolve().parent
SWAGGER_UI = HERE / "node_modules" / "swagger-ui-dist"


def page() -> str:
    """The page; no text inside a script can end the script."""
    contract = read_contract()
    template = Template((HERE / "page.html").read_text("utf-8"))
    return template.substitute(
        title=contract["info"]["title"],
        style=(SWAGGER_UI / "swagger-ui.css").read_text("utf-8"),
        script=(SWAGGER_UI / "swagger-ui-bundle.js").read_text("utf-8").replace("</script", "<\\/script"),
        contract=json.dumps(contract).replace("</", "<\\/"),
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), "utf-8")
