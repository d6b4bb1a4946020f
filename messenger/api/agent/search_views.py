"""Search in the agent API: people, messages and notes of the tenant, over its whole history."""

from __future__ import annotations

from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ... import search, shapes
from ..fields import ListQuery, valid_query
from ..schema import answers
from .views import AgentView


class SearchQuery(ListQuery):
    """What to look for."""

    q = serializers.CharField(
        max_length=200, allow_blank=True, help_text="Words in any order; the last one may be the beginning of one."
    )
    type = serializers.ChoiceField(
        choices=["contact", "message"], required=False, default=None, help_text="Without it, both."
    )


class SearchPage(TypedDict):
    items: list[shapes.SearchHit]
    next: str | None


class SearchView(AgentView):
    """People first, at most five, then messages and notes, the best of the newest hundred first, and so on."""

    @answers(SearchPage, parameters=[SearchQuery], operation_id="agent_search")
    def get(self, request: Request) -> Response:
        query: dict[str, Any] = valid_query(SearchQuery, request.query_params)
        cursor, limit = query.get("cursor"), query["limit"]
        page = search.search(self.agent, query["q"], only=query["type"], cursor=cursor, limit=limit)
        return Response({"items": page.items, "next": page.next})
