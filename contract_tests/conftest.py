"""The hooks and the fixtures of the contract tests, which pytest finds here by their names."""

from __future__ import annotations

from contract_tests.fixtures.accounts import (  # noqa: F401  # pytest finds fixtures by their names
    admin_client,
    other_baseline,
    other_creations,
    other_user_id,
    owner_baseline,
    owner_creations,
)
from contract_tests.fixtures.actors import (  # noqa: F401  # pytest finds fixtures by their names
    admin,
    all_channels,
    channel_ids,
    device,
    editing_owner,
    other,
    owner,
    page_limit,
    site_admin,
)
from contract_tests.fixtures.isolation import isolated_test  # noqa: F401  # likewise
from contract_tests.fixtures.run import (  # noqa: F401  # pytest finds fixtures by their names
    contract,
    opened_accounts,
    reporter,
    settings,
    transport,
)
from contract_tests.hooks import (
    pytest_addoption,
    pytest_cmdline_main,
    pytest_collection_modifyitems,
    pytest_configure,
)

__all__ = ["pytest_addoption", "pytest_cmdline_main", "pytest_collection_modifyitems", "pytest_configure"]
