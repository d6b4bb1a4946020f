"""When the team is there: each agent's own availability, and the company's office hours."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, offers, payloads, shapes
from ...models import Agent, Tenant
from ..fields import valid_body
from ..schema import answers
from .views import AgentView


class AvailabilityBody(serializers.Serializer[Any]):
    """Whether the agent answers at the moment."""

    availability = serializers.ChoiceField(choices=Agent.Availability.values)


class OfficeHoursBody(serializers.Serializer[Any]):
    """What is to be different: a week of opening times per day (mon to sun), its time zone, how soon people answer."""

    office_hours = serializers.JSONField(required=False)
    time_zone = serializers.CharField(required=False, max_length=60)
    reply_time = serializers.ChoiceField(required=False, allow_null=True, choices=Tenant.ReplyTime.values)


class AvailabilityView(AgentView):
    """The agent's own availability."""

    @answers(shapes.AgentPayload, request=AvailabilityBody, operation_id="agent_set_availability")
    def put(self, request: Request) -> Response:
        body = valid_body(AvailabilityBody, request.data)
        return Response(payloads.agent(actions.set_availability(by=self.agent, availability=body["availability"])))


class OfficeHoursView(AgentView):
    """The company's office hours: every agent reads them, admins set them."""

    @answers(shapes.OfficeHoursPayload, operation_id="agent_office_hours")
    def get(self, request: Request) -> Response:
        return Response(payloads.office_hours(self.agent.tenant, offers.offer_of(self.agent.tenant_id)))

    @answers(
        shapes.OfficeHoursPayload,
        also={403: "permission_denied", 422: "invalid_office_hours, unknown_time_zone"},
        request=OfficeHoursBody,
        operation_id="agent_set_office_hours",
    )
    def patch(self, request: Request) -> Response:
        tenant = actions.set_office_hours(by=self.agent, fields=valid_body(OfficeHoursBody, request.data))
        return Response(payloads.office_hours(tenant, offers.offer_of(tenant.id)))
