"""Why files cannot be delivered, or fetched, as asked: `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchDelivery(NotFound):
    """There is no such delivery of files."""


class NoFilesOfThisFeed(NotFound):
    """Nobody has said yet where the files of this feed go."""


class CompanyOfTheFiles(Forbidden):
    """Files hold one company's data: act for that company."""


class FilesDisabled(Conflict):
    """Files of this feed are not delivered for now: enable the delivery first."""


class FilesWaitForKey(Conflict):
    """A file named the recipient's bucket: first its access key and secret key have to be given."""


class FilesNotDisabled(Conflict):
    """The delivery of files is not disabled."""


class StillDelivering(Conflict):
    """A delivery of this feed is on its way already."""


class FeedHasEnded(Conflict):
    """The feed has ended: nothing is delivered from it any more."""


class FilesByEvent(Conflict):
    """This feed is asked for by an event, and is never delivered as files."""


class FilesNotThere(Conflict):
    """The files of this delivery are not here, or not here any more."""


class NoBucketName(Invalid):
    """A bucket is named by 3 to 63 lower-case letters, digits, dots and hyphens."""


class NoPrefix(Invalid):
    """A prefix is made of letters, digits, hyphens, underscores, dots and slashes."""


class NoRegion(Invalid):
    """The region is missing, or is none: it looks like eu-north-1."""


class AccessKeyMissing(Invalid):
    """The access key of the bucket is missing, or is none."""


class SecretKeyMissing(Invalid):
    """The secret key of the bucket is missing."""


class NoHourOfADay(Invalid):
    """The hour is 0 to 23."""


class NoDayOfAWeek(Invalid):
    """The day of the week is 0 (Monday) to 6 (Sunday)."""
