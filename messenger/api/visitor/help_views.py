"""The help as visitors read it."""

from __future__ import annotations

from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from ... import articles, payloads, shapes
from ..fields import valid_query
from ..schema import answers
from . import charges
from .doors import VisitorView
from .serializers import ArticleQuery, ArticlesQuery


class Articles(TypedDict):
    items: list[shapes.ArticleHead]
    next: str | None


class ArticlesView(VisitorView):
    """The published articles, or those that a question finds."""

    @answers(Articles, parameters=[ArticlesQuery], operation_id="visitor_articles")
    def get(self, request: Request) -> Response:
        query = valid_query(ArticlesQuery, request.query_params)
        tenant = self.visitor.tenant
        language = articles.language_for(tenant, query["locale"])
        if query["q"].strip():
            charges.search(self.visitor)
            page = articles.search_published(tenant, language, query["q"], limit=query["limit"])
        else:
            page = articles.published_page(tenant, language, cursor=query.get("cursor"), limit=query["limit"])
        return Response({"items": page.items, "next": page.next})


class ArticleView(VisitorView):
    """A published article."""

    @answers(
        shapes.ArticlePayload,
        also={404: "article_not_found"},
        parameters=[ArticleQuery],
        operation_id="visitor_article",
    )
    def get(self, request: Request, slug: str) -> Response:
        tenant = self.visitor.tenant
        language = articles.language_for(tenant, valid_query(ArticleQuery, request.query_params)["locale"])
        return Response(payloads.article(articles.get_published(tenant, language, slug)))
