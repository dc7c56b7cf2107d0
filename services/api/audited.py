"""What the entries of the audit are called in front of people; their codes are what is sealed and exported."""

from collections.abc import Mapping

from tenants.languages.speaking import Language, sentence, translate


def action(language: Language, code: str) -> str:
    """An entry older than its words is told by its code."""
    words = ACTIONS.get(code)
    return translate(language, words) if words else code


def thing(language: Language, code: str) -> str:
    words = THINGS.get(code)
    return translate(language, words) if words else code


ACTIONS: Mapping[str, str] = {
    "audit.exported": sentence("Audit trail exported"),
    "audit.searched": sentence("Audit trail searched"),
    "case.moved": sentence("State of a case changed"),
    "case.opened": sentence("Case opened"),
    "case.read": sentence("Case read"),
    "code.right": sentence("Right code entered"),
    "code.sent": sentence("Code made for a letter"),
    "code.wrong": sentence("Wrong code entered"),
    "export.cancelled": sentence("Archive cancelled"),
    "export.collected": sentence("Data read for an archive"),
    "export.download_started": sentence("Download of an archive begun"),
    "export.downloaded": sentence("Archive downloaded whole"),
    "export.expired": sentence("Archive destroyed"),
    "export.link_created": sentence("Download link made"),
    "export.ordered": sentence("Archive ordered"),
    "export.ready": sentence("Archive finished"),
    "export.handed_over": sentence("Archive handed over by staff"),
    "identity.confirmed": sentence("Identity confirmed by staff"),
    "import.approved": sentence("Import approved"),
    "import.checked": sentence("Imported file checked"),
    "import.discarded": sentence("Imported file discarded"),
    "import.done": sentence("Import finished"),
    "import.received": sentence("File received for import"),
    "import.refused": sentence("Imported file refused as a whole"),
    "job.dismissed": sentence("Failed job dismissed"),
    "job.replayed": sentence("Failed job tried again"),
    "letter.discarded": sentence("Letter on paper discarded unposted"),
    "letter.opened": sentence("Letter opened for sending"),
    "letter.posted": sentence("Letter on paper posted"),
    "letter.sent": sentence("Letter handed to the post"),
    "letter.written": sentence("Letter written"),
    "manifest.applied": sentence("Manifest applied"),
    "member.added": sentence("Member of staff added"),
    "member.deactivated": sentence("Account of a member of staff closed"),
    "member.signed_in": sentence("Signed in"),
    "member.signed_out": sentence("Signed out of the office"),
    "person.chosen": sentence("Person of a case chosen"),
    "person.counted": sentence("Person's records counted"),
    "person.created": sentence("Person added"),
    "person.looked_for": sentence("Person looked for in the registers"),
    "person.read": sentence("Person's data read for handing over"),
    "persons.searched": sentence("Persons searched for by staff"),
    "person.viewed": sentence("Person's data viewed by staff"),
    "value.opened": sentence("Sealed value opened"),
    "person.told_apart": sentence("Several persons shown to be told apart"),
    "provider.registered": sentence("Identity provider registered"),
    "record.corrected": sentence("Record corrected by staff"),
    "corrections.forgotten": sentence("What corrected values were before forgotten"),
    "record.written": sentence("Record written"),
    "records.imported": sentence("Records imported"),
    "refusal.confirmed": sentence("Proposed refusal confirmed"),
    "refusal.proposed": sentence("Refusal proposed"),
    "refusal.returned": sentence("Proposed refusal given back"),
    "request.ended": sentence("Request ended before an answer"),
    "request.entered": sentence("Request entered by hand"),
    "request.read": sentence("Page of a request read"),
    "request.received": sentence("Request taken in"),
    "request.verified": sentence("Identity of a request verified"),
    "restriction.placed": sentence("Processing of a person's data restricted"),
    "restriction.lifting": sentence("Notice of the end of a restriction written"),
    "restriction.notice_opened": sentence("Notice of the end of a restriction opened for printing"),
    "restriction.lifted": sentence("Restriction ended after its notice"),
    "role.given": sentence("Role given"),
    "role.taken": sentence("Role taken away"),
    "session.closed": sentence("Page of a request closed"),
    "token.issued": sentence("API key made"),
    "token.revoked": sentence("API key revoked"),
}
THINGS: Mapping[str, str] = {
    "api_token": sentence("API key"),
    "case": sentence("case"),
    "chain": sentence("audit trail"),
    "export": sentence("archive"),
    "identity_provider": sentence("identity provider"),
    "import": sentence("import"),
    "job": sentence("job"),
    "letter": sentence("letter"),
    "manifest": sentence("manifest"),
    "member": sentence("member of staff"),
    "person": sentence("person"),
    "request": sentence("request"),
    "thing": sentence("what was searched for"),
}
