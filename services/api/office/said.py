"""What the next page says was done: a code in a short-lived cookie, so that no address can make a page say anything."""

from tenants.languages.speaking import sentence

COOKIE = "__Host-seloste-said"

SAID = {
    "acting": sentence("What is acted for was changed."),
    "committed": sentence("The commitment was signed."),
    "approved": sentence("Approved. The archive is being built."),
    "refused": sentence("Refused. The person is told why by letter."),
    "refusal-proposed": sentence("Refusal proposed. Nothing is sent before another member of staff confirms it."),
    "refusal-returned": sentence("The proposed refusal was given back."),
    "identity-confirmed": sentence("The identity was confirmed. The registers are being searched."),
    "letter-posted": sentence("The letter was marked as posted, and its text destroyed."),
    "archive-not-given": sentence("A download link works once, within five minutes. Begin the download again."),
    "handed-over": sentence("Handed over and answered. The archive was destroyed."),
    "restricted": sentence("Processing is restricted."),
    "lifting": sentence("The notice is written. The restriction ends when it is on its way."),
    "restriction-ended": sentence("The notice was marked as posted, and the restriction has ended."),
    "corrected": sentence("The record was corrected."),
    "person-chosen": sentence("The person was chosen. The data is being gathered."),
    "entered": sentence("The request was entered."),
    "import-received": sentence("The file was received and is being checked."),
    "import-approved": sentence("The rows are being written."),
    "import-discarded": sentence("The file was discarded. Nothing more of it is written."),
    "dismissed": sentence("The failed job was dismissed; the audit trail says why."),
    "replayed": sentence("The job is tried again."),
    "consent-given": sentence("The consent is in force."),
    "consent-withdrawn": sentence("The consent was withdrawn, with effect at once."),
    "objection-made": sentence("The objection is in force. Nothing is shared for this kind of purpose any more."),
    "objection-lifted": sentence("The objection was taken back."),
    "sharing-drafted": sentence("The draft is kept. It opens nothing before it is granted and accepted."),
    "sharing-granted": sentence("Granted. It opens for each receiver that accepts it."),
    "sharing-accepted": sentence("Accepted. The data can be read from now on, for as long as the policy is in force."),
    "sharing-suspended": sentence("Suspended. Nobody reads the data until it is resumed."),
    "sharing-resumed": sentence("Resumed. The receivers that had accepted it read the data again."),
    "sharing-revoked": sentence("Revoked. Nobody reads the data under this policy any more."),
    "token-revoked": sentence("The API key opens nothing any more."),
    "member-added": sentence("The member of staff was added."),
    "member-deactivated": sentence("The account opens nothing any more."),
    "role-given": sentence("The role was given."),
    "role-taken": sentence("The role was taken away."),
}
