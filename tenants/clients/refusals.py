"""Why a client, its key or its secret cannot be as asked: `field` says where."""

from tenants.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchClient(NotFound):
    """There is no such OAuth client."""


class NoSuchKey(NotFound):
    """The client has no such key in use."""


class NoSuchSecret(NotFound):
    """The client has no such secret in use."""


class CompanyOfTheClient(Forbidden):
    """A client fetches the data of one company: act for that company."""


class ProcessorOutOfUse(Conflict):
    """This processor is out of use: it gets no access."""


class UsesNoKeys(Conflict):
    """This client proves who it is with a secret, not with keys."""


class UsesNoSecret(Conflict):
    """This client proves who it is with keys, not with a secret."""


class TooManySecrets(Conflict):
    """Two secrets at a time are enough to change from one to the other. Retire one first."""


class NothingToRelease(Conflict):
    """There is nothing to release: the client is not locked, and nobody has failed in its name."""


class NeedsClientName(Invalid):
    """The client needs a name by which it is known later."""


class NotAPublicKey(Invalid):
    """This is no public key: paste a JSON Web Key (JWK) or a set of them (JWKS)."""


class PrivateKeyShown(Invalid):
    """This is a private key. It has been shown now: make a new pair, and paste its public half only."""

    shown_again = False


class KeyNotAccepted(Invalid):
    """Keys are accepted of these kinds: EC with the curve P-256, RSA with 2048 bits or more, Ed25519."""


class KeyForEncryption(Invalid):
    """The key is not meant for signatures: its “use”, “key_ops” or “alg” says otherwise."""


class KnownKeyId(Invalid):
    """The client has or had a key with the id %(kid)s already: a new key gets a new id."""


class KnownClientKey(Invalid):
    """This key is registered already. Keys are not shared between clients, nor used again."""


class NeedsKey(Invalid):
    """A client that signs its requests needs at least one public key, or the address at which it publishes them."""


class KeysInOnePlace(Invalid):
    """Keys are registered here, or published by the client at its address: not both."""


class PublishesItsKeys(Conflict):
    """This client publishes its keys itself: change them there."""


class PublishesNoKeys(Conflict):
    """The keys of this client are registered here: it publishes none at an address."""
