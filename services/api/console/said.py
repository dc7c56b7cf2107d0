"""What the next page of the console says was done: a code in a short-lived cookie."""

from tenants.languages.speaking import sentence

COOKIE = "__Host-seloste-console-said"

SAID = {
    "accepted": sentence("The invitation was accepted. From now on one signs in with the address that was invited."),
    "acting": sentence("What is looked after was changed."),
    "confirmed": sentence("Confirmed. The company sees it at once."),
    "declined": sentence("The company has been told that it cannot be done, and why."),
    "address-offered": sentence("The address was taken in. It is used once the company has released it."),
    "key-offered": sentence("The key was taken in. It proves who the client is once the company has released it."),
    "key-retired": sentence("The key was retired. Nothing is proved with it any more."),
    "key-lost": sentence("The key is revoked, and the company has been told. What to do next stands below."),
    "wish-made": sentence("The wish was passed on. Whoever decides at the company sees it on their agenda."),
}
