"""Where a request goes: to the service of `estate.yaml`, whatever path it is given."""

from __future__ import annotations

import pytest

from compliance.estate import web
from tests.live.misbehaving import answer, misbehaving


@pytest.mark.parametrize("path", ["{}/x", "//{}/x", "x", "/documents/../x", "/documents/x/..", "/./x"])
def test_a_path_that_leads_elsewhere_is_not_asked_for_and_no_token_leaves(path: str) -> None:
    """Paths come from plans and from the ids of documents, which anybody may have written."""
    with (
        misbehaving(lambda _: answer({})) as (url, asked),
        misbehaving(lambda _: answer({})) as (other, theirs),
    ):
        with web.opened("service", url, {"x-api-key": "secret"}) as api:
            place = path.format(other if path.startswith("{") else other.partition("//")[2])
            with pytest.raises(web.Unanswered, match="leads elsewhere"):
                api.ask("GET", place)
            assert api.ask("GET", "/documents/a..b/ü?#%2e").status == 200
        assert (len(asked.lines), theirs.lines) == (1, [])
        assert asked.lines == ["GET /documents/a..b/%C3%BC%3F%23%252e"]
