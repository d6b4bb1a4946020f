"""The tenant's widgets: every agent reads them, admins set them up."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, offers, payloads, shapes
from ..fields import KeyField, ListQuery, valid_body, valid_query
from ..schema import answers
from .views import AgentView


class WidgetChange(serializers.Serializer[Any]):
    """What is to be different. Each of the objects is given whole."""

    name = serializers.CharField(required=False, max_length=120)
    is_active = serializers.BooleanField(required=False)
    allowed_origins = serializers.ListField(required=False, child=serializers.CharField(max_length=300))
    appearance = serializers.DictField(required=False)
    texts = serializers.DictField(required=False)
    prechat = serializers.DictField(required=False)
    features = serializers.DictField(required=False)
    team_id = KeyField(required=False, allow_null=True, help_text="The team that gets what is new here; null: no own.")


class WidgetBody(WidgetChange):
    """A new widget. Without allowed_origins nobody may embed it."""

    name = serializers.CharField(max_length=120)


class Widgets(TypedDict):
    items: list[shapes.TeamWidgetPayload]
    next: str | None


class WidgetsView(AgentView):
    """All widgets, switched off ones too, and making a new one."""

    @answers(Widgets, parameters=[ListQuery], operation_id="agent_widgets")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = offers.page_for_team(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(
        shapes.TeamWidgetPayload,
        status=201,
        also={403: "permission_denied", 422: "invalid_look, unknown_team"},
        request=WidgetBody,
        operation_id="agent_create_widget",
    )
    def post(self, request: Request) -> Response:
        widget = actions.create_widget(by=self.agent, fields=valid_body(WidgetBody, request.data))
        return Response(payloads.team_widget(widget), status=status.HTTP_201_CREATED)


class WidgetView(AgentView):
    """One widget. It is never removed, because conversations began in it: DELETE switches it off."""

    @answers(shapes.TeamWidgetPayload, operation_id="agent_widget")
    def get(self, request: Request, widget_id: uuid.UUID) -> Response:
        return Response(payloads.team_widget(offers.get_for_team(self.agent, widget_id)))

    @answers(
        shapes.TeamWidgetPayload,
        also={403: "permission_denied", 422: "invalid_look, unknown_team"},
        request=WidgetChange,
        operation_id="agent_update_widget",
    )
    def patch(self, request: Request, widget_id: uuid.UUID) -> Response:
        fields = valid_body(WidgetChange, request.data)
        return Response(payloads.team_widget(actions.update_widget(by=self.agent, widget_id=widget_id, fields=fields)))

    @answers(None, status=204, also={403: "permission_denied"}, operation_id="agent_switch_widget_off")
    def delete(self, request: Request, widget_id: uuid.UUID) -> Response:
        actions.update_widget(by=self.agent, widget_id=widget_id, fields={"is_active": False})
        return Response(status=status.HTTP_204_NO_CONTENT)
