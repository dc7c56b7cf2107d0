"""Why a policy cannot be: each sentence names what is missing, `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchPolicy(NotFound):
    """There is no such sharing policy."""


class NoSuchField(NotFound):
    """The company has no such field."""


class NotTheOwner(Forbidden):
    """Only the company that owns the data decides about this policy."""


class NotAReceiver(Forbidden):
    """This policy is not offered to this company."""


class OwnDraft(Forbidden):
    """Whoever drafted a policy does not grant it: this group asks for a second pair of eyes."""


class NotThisStep(Conflict):
    """The policy is not in a state in which this can be done."""


class ChangedMeanwhile(Conflict):
    """The terms were changed since they were looked at. Look at them again, then decide."""


class NotARegister(Invalid):
    """The company keeps no such register now."""


class PurposeNotInNotice(Invalid):
    """The notice in force does not name this purpose for the register."""


class PurposeOfAnotherKind(Invalid):
    """The notice in force gives the purpose another kind than this version was granted for. Draft a new version."""


class NoRecipients(Invalid):
    """Choose at least one company that receives the data."""


class SharedWithItself(Invalid):
    """A company shares nothing with itself."""


class NotOfThisGroup(Invalid):
    """The recipient is no company of this group. Data leaves the group under agreements with processors, not here."""


class MarketingOutsideTheGroup(Invalid):
    """Nothing is shared for marketing outside the group, whoever would allow it."""


class RecipientNotInNotice(Invalid):
    """The notice in force does not name %(company)s, or the companies of the group, as a recipient of the register."""


class NoFields(Invalid):
    """Choose at least one field."""


class NotAFieldOfTheRegister(Invalid):
    """The register has no field %(key)s now."""


class FieldTwice(Invalid):
    """The field %(key)s is named twice."""


class FieldIsSealed(Invalid):
    """The field %(key)s is sealed, and sealed fields are not shared."""


class FieldNotForPurpose(Invalid):
    """According to the notice in force the field %(key)s does not serve this purpose."""


class BalancingTestMissing(Invalid):
    """A legitimate interest needs its balancing test."""


class AgreementMissing(Invalid):
    """The agreement of the companies is missing: the name of the document and its SHA-256."""


class NotASha256(Invalid):
    """A SHA-256 is 64 digits and letters from a to f."""


class EndsBeforeItBegins(Invalid):
    """The last day is before the first."""


class HasEndedAlready(Invalid):
    """The last day has passed."""


class ReviewMissing(Invalid):
    """The day on which the policy is reviewed is missing."""


class ReviewPassed(Invalid):
    """The day of the review has passed."""


class ConditionTooLarge(Invalid):
    """The condition is too large: at most %(parts)s parts, %(deep)s within each other, %(values)s values each."""


class ConditionWithoutValues(Invalid):
    """This part of the condition names nothing."""


class ConditionRegisterUnknown(Invalid):
    """The condition asks for a record in %(key)s, a register that the company does not keep now."""


class ConditionFieldUnknown(Invalid):
    """The condition asks for the field %(key)s, which the register does not have now."""


class ConditionFieldSealed(Invalid):
    """The condition asks for the field %(key)s, which is sealed and cannot be compared."""


class ConditionNamesPeople(Invalid):
    """The condition asks for the field %(key)s, by which people are identified. Conditions name no people."""


class ConditionValueWrong(Invalid):
    """The condition asks the field %(key)s for a value that it cannot have."""


class Overlaps(Invalid):
    """For these days %(company)s is already granted the register for a purpose of this kind, by another policy."""
