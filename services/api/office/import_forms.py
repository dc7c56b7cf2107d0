"""How a file for import may be written, in the words of people."""

from tenants.languages.speaking import sentence

ENCODINGS = (("utf-8-sig", "UTF-8"), ("cp1252", "Windows-1252"), ("latin-1", "ISO 8859-1 (Latin-1)"))
SEPARATORS = (
    (";", sentence("semicolon")),
    (",", sentence("comma")),
    ("\t", sentence("tab")),
    ("|", sentence("vertical bar")),
    (":", sentence("colon")),
)
