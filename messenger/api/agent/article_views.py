"""The help as the team keeps it: every agent reads it, admins write it."""

from __future__ import annotations

import uuid
from typing import Any, TypedDict

from django.conf import settings
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ... import actions, articles, payloads, shapes
from ...models import Article
from ..fields import ListQuery, valid_body, valid_query
from ..schema import answers
from .views import AgentView

_MOST_CHARACTERS = 100_000


class ArticleChange(serializers.Serializer[Any]):
    """What is to be different."""

    title = serializers.CharField(required=False, max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=400)
    body = serializers.CharField(required=False, trim_whitespace=False, max_length=_MOST_CHARACTERS)
    status = serializers.ChoiceField(required=False, choices=Article.Status.values)

    def validate_body(self, value: str) -> str:
        if not value.strip():
            raise serializers.ValidationError("An article needs some text.", code="blank")
        return value


class ArticleBody(ArticleChange):
    """A new article: in one language, under an address that its translations share."""

    slug = serializers.SlugField(max_length=80)
    locale = serializers.ChoiceField(choices=[code for code, _ in settings.LANGUAGES])
    title = serializers.CharField(max_length=200)
    body = serializers.CharField(trim_whitespace=False, max_length=_MOST_CHARACTERS)


class Articles(TypedDict):
    items: list[shapes.TeamArticlePayload]
    next: str | None


class ArticlesView(AgentView):
    """All articles, drafts too, and writing a new one."""

    @answers(Articles, parameters=[ListQuery], operation_id="agent_articles")
    def get(self, request: Request) -> Response:
        query = valid_query(ListQuery, request.query_params)
        page = articles.page_for_team(self.agent, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})

    @answers(
        shapes.TeamArticlePayload,
        status=201,
        also={403: "permission_denied", 422: "slug_taken"},
        request=ArticleBody,
        operation_id="agent_create_article",
    )
    def post(self, request: Request) -> Response:
        article = actions.create_article(by=self.agent, fields=valid_body(ArticleBody, request.data))
        return Response(payloads.team_article(article), status=status.HTTP_201_CREATED)


class ArticleView(AgentView):
    """One article."""

    @answers(shapes.TeamArticlePayload, operation_id="agent_article")
    def get(self, request: Request, article_id: uuid.UUID) -> Response:
        return Response(payloads.team_article(articles.get_for_team(self.agent, article_id)))

    @answers(
        shapes.TeamArticlePayload,
        also={403: "permission_denied"},
        request=ArticleChange,
        operation_id="agent_update_article",
    )
    def patch(self, request: Request, article_id: uuid.UUID) -> Response:
        fields = valid_body(ArticleChange, request.data)
        return Response(
            payloads.team_article(actions.update_article(by=self.agent, article_id=article_id, fields=fields))
        )

    @answers(None, status=204, also={403: "permission_denied"}, operation_id="agent_delete_article")
    def delete(self, request: Request, article_id: uuid.UUID) -> Response:
        actions.delete_article(by=self.agent, article_id=article_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
