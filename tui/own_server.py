"""What somebody who has seen the demo does next: said in its dialogs and when it has ended."""

from __future__ import annotations

from typing import Final

from workflow.text import SafeText

YOUR_OWN: Final = SafeText(
    "To use your own server, set AIRBYTE_API_ROOT (with AIRBYTE_CLIENT_ID and "
    "AIRBYTE_CLIENT_SECRET) or run `syncdeck profile add NAME --url URL`, then `syncdeck`."
)
