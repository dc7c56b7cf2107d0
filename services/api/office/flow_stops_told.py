"""What does not flow out of the company that is acted for, in words."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.feeds.model import Feed
from tenants.languages.speaking import Language, Text, translate
from tenants.processors import stopping
from tenants.processors.model import FlowStop, Processor

STOPS = "/office/processors/stops"


class ToldFlow(Struct, frozen=True):
    """`processor` or `feed` is the name of the one that is stopped; neither where everything is."""

    row: FlowStop
    processor: str | None
    feed: Text | None

    def sentence(self, language: Language) -> str:
        if self.processor is not None:
            return translate(language, "Nothing flows to %(processor)s.", processor=self.processor)
        if self.feed is not None:
            return translate(language, "The feed %(feed)s gives nothing.", feed=self.feed.in_(language))
        return translate(language, "Nothing flows out of the company to processors and other recipients.")


def in_force(session: Session) -> list[ToldFlow]:
    return told(session, stopping.in_force(session))


def told(session: Session, rows: Sequence[FlowStop]) -> list[ToldFlow]:
    processors = _names(session, {one.processor_id for one in rows if one.processor_id})
    feeds = _feeds(session, {one.feed_id for one in rows if one.feed_id})
    return [
        ToldFlow(
            one,
            processors.get(one.processor_id) if one.processor_id else None,
            feeds.get(one.feed_id) if one.feed_id else None,
        )
        for one in rows
    ]


def _names(session: Session, ids: set[UUID]) -> Mapping[UUID, str]:
    if not ids:
        return {}
    wanted = select(Processor.processor_id, Processor.name).where(Processor.processor_id.in_(ids))
    return {processor_id: name for processor_id, name in session.execute(wanted)}  # noqa: C416 (typed rows, not pairs)


def _feeds(session: Session, ids: set[UUID]) -> Mapping[UUID, Text]:
    if not ids:
        return {}
    wanted = select(Feed.feed_id, Feed.name).where(Feed.feed_id.in_(ids))
    return {feed_id: name for feed_id, name in session.execute(wanted)}  # noqa: C416 (typed rows, not pairs)
