"""Working together: verbs over one conversation or many, and what a team works with."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, bulk, payloads, shapes, teamwork
from ..fields import ListQuery, valid_body, valid_query
from ..schema import answers
from .teamwork_bodies import (
    ALIASES,
    ARGUMENTS,
    BulkBody,
    MuteBody,
    ParticipantBody,
    SnoozeBody,
    TagBody,
    TagChange,
    TagNameBody,
    TeamBody,
    TeamChange,
    ViewBody,
    ViewChange,
)
from .views import AgentView

_ADMINS = {403: "permission_denied"}


class Outcomes(TypedDict):
    items: list[shapes.Outcome]


class Tags(TypedDict):
    items: list[shapes.TagPayload]
    next: str | None


class Teams(TypedDict):
    items: list[shapes.TeamPayload]
    next: str | None


class Views(TypedDict):
    items: list[shapes.SavedViewPayload]
    next: str | None


class SnoozeView(AgentView):
    """Put a conversation off. Its visitor sees it as open."""

    @answers(shapes.TeamConversationPayload, request=SnoozeBody, operation_id="agent_snooze")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        until = valid_body(SnoozeBody, request.data)["until"]
        actions.snooze_conversation(by=self.agent, conversation_id=conversation_id, until=until)
        return self.answer_conversation(conversation_id)


class TaggingView(AgentView):
    """Mark a conversation with a tag, which is made when there is none of that name."""

    @answers(shapes.TeamConversationPayload, request=TagNameBody, operation_id="agent_tag")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        name = valid_body(TagNameBody, request.data)["name"]
        actions.tag_conversation(by=self.agent, conversation_id=conversation_id, name=name)
        return self.answer_conversation(conversation_id)


class UntaggingView(AgentView):
    """Take a tag off a conversation, by its name or id."""

    @answers(shapes.TeamConversationPayload, operation_id="agent_untag")
    def delete(self, request: Request, conversation_id: uuid.UUID, tag: str) -> Response:
        actions.untag_conversation(by=self.agent, conversation_id=conversation_id, name=tag)
        return self.answer_conversation(conversation_id)


class ParticipantsView(AgentView):
    """Let a colleague take part."""

    @answers(shapes.TeamConversationPayload, request=ParticipantBody, operation_id="agent_add_participant")
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        agent_id = valid_body(ParticipantBody, request.data)["agent_id"]
        actions.add_participant(by=self.agent, conversation_id=conversation_id, agent_id=agent_id)
        return self.answer_conversation(conversation_id)


class MuteView(AgentView):
    """Be told of a conversation no more, or again: for this agent alone, whom a mention tells nevertheless."""

    @answers(shapes.TeamConversationPayload, request=MuteBody, operation_id="agent_mute")
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        on = valid_body(MuteBody, request.data)["on"]
        actions.mute_conversation(by=self.agent, conversation_id=conversation_id, on=on)
        return self.answer_conversation(conversation_id)


class BulkView(AgentView):
    """One verb over at most 200 conversations."""

    @answers(Outcomes, request=BulkBody, operation_id="agent_bulk")
    def post(self, request: Request) -> Response:
        body = valid_body(BulkBody, request.data)
        verb = ALIASES.get(body["verb"], body["verb"])
        given = valid_body(ARGUMENTS[verb], request.data)
        items = bulk.change_each(by=self.agent, verb=verb, ids=body["ids"], arguments=arguments_of(verb, given))
        return Response({"items": items})


def arguments_of(verb: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a verb is called with: most take their body as it is."""
    if verb == "assign":
        return {"to": given}
    return {"fields": given} if verb == "priority" else given


class TagsView(AgentView):
    """The catalogue of tags: every agent reads it, admins keep it."""

    @answers(Tags, parameters=[ListQuery], operation_id="agent_tags")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = teamwork.tags_page(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(shapes.TagPayload, status=201, also=_ADMINS, request=TagBody, operation_id="agent_create_tag")
    def post(self, request: Request) -> Response:
        tag = actions.create_tag(by=self.agent, **valid_body(TagBody, request.data))
        return Response(payloads.tag(tag), status=status.HTTP_201_CREATED)


class TagView(AgentView):
    """One tag."""

    @answers(shapes.TagPayload, operation_id="agent_tag_of_catalogue")
    def get(self, request: Request, tag_id: uuid.UUID) -> Response:
        return Response(teamwork.get_tag_for(self.agent, tag_id))

    @answers(shapes.TagPayload, also=_ADMINS, request=TagChange, operation_id="agent_update_tag")
    def patch(self, request: Request, tag_id: uuid.UUID) -> Response:
        fields = valid_body(TagChange, request.data)
        return Response(payloads.tag(actions.update_tag(by=self.agent, tag_id=tag_id, fields=fields)))

    @answers(None, status=204, also=_ADMINS, operation_id="agent_archive_tag")
    def delete(self, request: Request, tag_id: uuid.UUID) -> Response:
        actions.archive_tag(by=self.agent, tag_id=tag_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamsView(AgentView):
    """The teams with their members: every agent reads them, admins keep them."""

    @answers(Teams, parameters=[ListQuery], operation_id="agent_teams")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = teamwork.teams_page(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(shapes.TeamPayload, status=201, also=_ADMINS, request=TeamBody, operation_id="agent_create_team")
    def post(self, request: Request) -> Response:
        team = actions.create_team(by=self.agent, fields=valid_body(TeamBody, request.data))
        return Response(teamwork.get_team_for(self.agent, team.id), status=status.HTTP_201_CREATED)


class TeamView(AgentView):
    """One team."""

    @answers(shapes.TeamPayload, operation_id="agent_team")
    def get(self, request: Request, team_id: uuid.UUID) -> Response:
        return Response(teamwork.get_team_for(self.agent, team_id))

    @answers(shapes.TeamPayload, also=_ADMINS, request=TeamChange, operation_id="agent_update_team")
    def patch(self, request: Request, team_id: uuid.UUID) -> Response:
        actions.update_team(by=self.agent, team_id=team_id, fields=valid_body(TeamChange, request.data))
        return Response(teamwork.get_team_for(self.agent, team_id))

    @answers(None, status=204, also=_ADMINS, operation_id="agent_archive_team")
    def delete(self, request: Request, team_id: uuid.UUID) -> Response:
        actions.archive_team(by=self.agent, team_id=team_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ViewsView(AgentView):
    """Kept views: the agent's own, and those that everybody has."""

    @answers(Views, parameters=[ListQuery], operation_id="agent_views")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = teamwork.views_page(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(shapes.SavedViewPayload, status=201, also=_ADMINS, request=ViewBody, operation_id="agent_create_view")
    def post(self, request: Request) -> Response:
        view = actions.create_view(by=self.agent, fields=valid_body(ViewBody, request.data))
        return Response(payloads.saved_view(view), status=status.HTTP_201_CREATED)


class ViewView(AgentView):
    """One kept view."""

    @answers(shapes.SavedViewPayload, operation_id="agent_view")
    def get(self, request: Request, view_id: uuid.UUID) -> Response:
        return Response(payloads.saved_view(teamwork.get_view_for(self.agent, view_id)))

    @answers(shapes.SavedViewPayload, also=_ADMINS, request=ViewChange, operation_id="agent_update_view")
    def patch(self, request: Request, view_id: uuid.UUID) -> Response:
        fields = valid_body(ViewChange, request.data)
        return Response(payloads.saved_view(actions.update_view(by=self.agent, view_id=view_id, fields=fields)))

    @answers(None, status=204, also=_ADMINS, operation_id="agent_delete_view")
    def delete(self, request: Request, view_id: uuid.UUID) -> Response:
        actions.delete_view(by=self.agent, view_id=view_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
