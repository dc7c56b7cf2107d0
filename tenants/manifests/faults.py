"""What can be wrong with a manifest. Every fault knows its line and its field; all of them are told at once."""

from collections.abc import Sequence

from tenants.errors import Conflict, Invalid, SeveralInvalid
from tenants.languages.speaking import Said


class Fault(Invalid):
    """This place of the manifest is not right."""

    def __init__(self, line: int, field: str, /, **values: Said) -> None:
        super().__init__(field=field, **values)
        self.line = line


class FaultyManifest(SeveralInvalid):
    """The manifest is faulty; nothing was changed."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = in_order(faults)
        super().__init__(self.faults)


def in_order(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.line, fault.field or "")))


# The file


class NoSuchFile(Fault):
    """There is no such file."""


class UnreadableFile(Fault):
    """The file cannot be read: %(reason)s."""


class TooLarge(Fault):
    """The file is larger than %(limit)s kB; a manifest is a short text."""


class EmptyManifest(Fault):
    """The file is empty."""


class NotUtf8(Fault):
    """The file is not UTF-8: byte %(byte)s cannot be read."""


# The YAML


class NotYaml(Fault):
    """This is not YAML: %(reason)s."""


class TabInIndent(Fault):
    """A tab stands here; YAML indents with spaces only."""


class ControlCharacter(Fault):
    """A control character stands here (%(code)s)."""


class SecondDocument(Fault):
    """A second document begins here; a manifest is one document."""


class AnchorUsed(Fault):
    """Anchors and aliases (& and *) are not used in manifests: name the companies in kept_by instead."""


class TagUsed(Fault):
    """Type tags (!) are not used in manifests."""


class TooDeep(Fault):
    """This is nested deeper than any manifest is."""


class NotAName(Fault):
    """The name of a field must be plain text."""


class GivenTwice(Fault):
    """This field is given twice; the first time on line %(first)s."""


# The shape


class UnknownField(Fault):
    """There is no field of this name here."""


class MistypedField(Fault):
    """There is no field of this name here; perhaps %(meant)s was meant."""


class MissingField(Fault):
    """This field is missing."""


class NotText(Fault):
    """Text is expected here; put the value in quotes."""


class NotAValue(Fault):
    """A text, a number, or true or false is expected here."""


class NotNumber(Fault):
    """A whole number is expected here."""


class NotYesOrNo(Fault):
    """true or false is expected here."""


class NotList(Fault):
    """A list is expected here."""


class NotFields(Fault):
    """Named fields are expected here."""


class NotByLanguage(Fault):
    """A text is given by language here: fi, and sv and en where there is one."""


class NotOneOf(Fault):
    """%(value)s is not possible here; possible are: %(possible)s."""


class NothingGiven(Fault):
    """A value is expected here."""


class TooLong(Fault):
    """At most %(limit)s characters fit here."""


class TooManyItems(Fault):
    """At most %(limit)s items fit here."""


class TooSmall(Fault):
    """The number must be at least %(limit)s."""


class TooGreat(Fault):
    """The number must be at most %(limit)s."""


class SameTwice(Fault):
    """The list names the same thing twice."""


class NotAKey(Fault):
    """%(value)s is no key: keys are lower-case letters a to z, digits and _ or -, and begin with a letter."""


class NotAField(Fault):
    """%(value)s does not name a field: keys and names of fields with dots between them, as in retention.months."""


class NotOneLine(Fault):
    """The text must stand on one line."""


class NotAPrefix(Fault):
    """%(value)s is no prefix of display numbers: two to four capital letters A to Z."""


class NotADate(Fault):
    """%(value)s is no date: write the year first, as in 2018-05-25."""


class NotADomain(Fault):
    """%(value)s is no domain name."""


class NotABusinessId(Fault):
    """%(value)s is no business ID: seven digits, a hyphen and a check digit."""


class NotACountry(Fault):
    """%(value)s is no country: two letters as in ISO 3166, such as FI."""


class NotAVatNumber(Fault):
    """%(value)s is no VAT number: the letters of its country, then its digits with the check digit."""


class NotADigest(Fault):
    """%(value)s is no SHA-256: that is 64 digits and letters from a to f."""


class WrongCheckDigit(Fault):
    """%(value)s is no business ID: its check digit is wrong."""


class NotATerm(Fault):
    """%(value)s is no term of the Data Privacy Vocabulary: dpv: or pd: and its name, as in pd:EmailAddress."""


class NotAnAddress(Fault):
    """%(value)s is no e-mail address."""


class NotANumberToCall(Fault):
    """%(value)s is no telephone number; write it in the international form, as in +358 20 123 4567."""


# The meaning


class KeyUsedTwice(Fault):
    """The key %(key)s is used twice; the first time on line %(first)s."""


class SaidTwice(Fault):
    """%(value)s stands here a second time; the first time on line %(first)s."""


class PrefixUsedTwice(Fault):
    """The prefix %(prefix)s is another company's too; display numbers would be ambiguous."""


class BusinessIdUsedTwice(Fault):
    """The business ID %(value)s is another company's too."""


class NoSuchKey(Fault):
    """The manifest declares no such thing: %(key)s."""


class KeepsNothingForIt(Fault):
    """The company %(company)s keeps none of the registers that this purpose uses."""


class BindsNoSuchRegister(Fault):
    """The company %(company)s does not keep this register, so none of its departments is bound to it."""


class KeepsNoSuchRegister(Fault):
    """The company %(company)s does not keep this register, so none of its paper either."""


class CoversNoSuchRegister(Fault):
    """The company %(company)s does not keep this register, so none of its agreements covers it."""


class CoversNoSuchPurpose(Fault):
    """For the company %(company)s this purpose uses nothing of the register."""


class GivesNoSuchRegister(Fault):
    """The company %(company)s does not keep this register, so none of its feeds gives it or asks about it."""


class PartSaysNotOne(Fault):
    """A part of a condition says one thing: a field and its values, a consent, an objection, or parts of its own."""


class NotForThisFeed(Fault):
    """No feed can say this."""

    def __init__(self, line: int, field: str, /, refusal: Invalid) -> None:
        super().__init__(line, field, **refusal.values)
        self.refusal = refusal

    @property
    def sentence(self) -> str:
        """Why not: what whoever drafts it in the office would be told."""
        return self.refusal.sentence


class NeverAsFiles(Fault):
    """What is given by an event only is never delivered as files."""


class SubProcessorOfItself(Fault):
    """A processor is not its own sub-processor, nor that of one that works for it."""


class LastDayBeforeFirst(Fault):
    """This day is before %(first)s, with which it begins."""


class SpecialWithoutCondition(Fault):
    """Data of a special category is used here: say under which condition of Art. 9(2)."""


class LanguageMissing(Fault):
    """The text is missing in %(languages)s."""


class DefaultNotSpoken(Fault):
    """The default language must be one of the languages."""


class FinnishMissing(Fault):
    """Finnish must be one of the languages."""


class BoundAndUnsealed(Fault):
    """A field that is kept for certain purposes only is sealed: say sealed: true."""


class BoundToNoPurpose(Fault):
    """None of the register's purposes for this field is of a kind that the field is kept for."""


class MustBeSealed(Fault):
    """A field of this type holds what must be sealed: say sealed: true."""


class IdentifierOfOtherType(Fault):
    """An identifier of the kind %(kind)s needs a field of the type %(needed)s."""


class NobodyFound(Fault):
    """No field of this register is an identifier, so nobody could be found in it."""


class HetuForAnything(Fault):
    """A personal identity code is among the data; only these purposes may use it (1050/2018 29 §): %(kinds)s."""


class FieldWithoutPurpose(Fault):
    """No purpose uses this field; data without a purpose must not be kept."""


class ManyRecordsWithoutKey(Fault):
    """A register with many records of one person needs one field that is the record's own key."""


class TwoRecordKeys(Fault):
    """A register has one record key at most."""


class RecordKeyOptional(Fault):
    """A record key is never missing: say required: true."""


class SealedRecordKey(Fault):
    """A record key cannot be sealed: records are found by it."""


class GapNotTold(Fault):
    """Nothing is given here, and no gap tells why (rule %(rule)s)."""


class GapAboutNothing(Fault):
    """There is no such field to be about."""


class OwnPurpose(Fault):
    """The kind %(kind)s is Seloste's own and cannot be declared."""


# Against the database


class NoSuchVersion(Fault):
    """There is no version %(base)s of this group's manifest; the newest is %(newest)s."""


class ChangedSince(Fault):
    """This was changed after version %(base)s, from which the file was made; it would undo: %(now)s."""


class ChangedInTheOffice(Fault):
    """The office changed this since it was declared, and says: %(now)s. Declare that first, then what it becomes."""


class KnownOtherwise(Fault):
    """The office knows this organisation under another key, by its business ID, its VAT number or as a company."""


class AgreementEnded(Fault):
    """The company has ended this agreement: declare a new one under another key."""


class FeedEnded(Fault):
    """The company has ended this feed: declare a new one under another key."""


class HoldsData(Fault):
    """%(company)s holds data here, so it cannot be removed: keep it declared until that data is erased."""


class FixedOnceDeclared(Fault):
    """This does not change once it is declared, because data may stand on it; declare something new instead."""


class PrefixWasUsed(Fault):
    """The prefix %(prefix)s was a retired company's; display numbers would be ambiguous."""


class StaleManifest(Conflict):
    """The manifest is older than what is in force, and both have changed the same; nothing was changed."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = in_order(faults)
        super().__init__()
