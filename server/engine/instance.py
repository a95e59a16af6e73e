"""The key of this installation: short secrets are kept by it, and what must be read again is sealed with it.

Decision: the key is a fact of the database (meta, "instance_key"), made at the first need, so that every process on one
database has the same and a backup holds all that is needed to restore. It keeps what is sealed from whoever sees a row,
a log or an export; whoever has the whole database has the key as well. Each purpose has a key of its own, derived.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.store import meta
from server.store.database import Store, Tx

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
NONCE = 12
"""Bytes; random for each sealing, as AES-GCM asks for."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Digests, seals and signs by the installation's key."""

    store: Store
    known: list[bytes] = field(default_factory=list)
    derived: dict[str, bytes] = field(default_factory=dict)

    def digest(self, purpose: str, text: str) -> str:
        """HMAC-SHA256 of a text that could be guessed without the key, as hex."""
        return hmac.new(self._key(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def seal(self, purpose: str, text: str) -> str:
        """The text, readable only by `unseal` with the same purpose (AES-256-GCM)."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE)
        sealed = AESGCM(self._key(purpose)).encrypt(nonce, text.encode(), purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, purpose: str, sealed: str) -> str:
        """What was sealed; raises ValueError where it was not sealed here, or not for this."""
        from cryptography.exceptions import InvalidTag  # 8 MiB that a server without such keys need not have
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            raw = base64.urlsafe_b64decode(sealed)
            return AESGCM(self._key(purpose)).decrypt(raw[:NONCE], raw[NONCE:], purpose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise ValueError("not sealed by this installation") from error

    def sign(self, purpose: str, message: bytes) -> str:
        """The Ed25519 signature of a message, as hex."""
        return self._signer(purpose).sign(message).hex()

    def public_key(self, purpose: str) -> str:
        """What verifies signatures of that purpose: an Ed25519 public key, as hex."""
        return self._signer(purpose).public_key().public_bytes_raw().hex()

    def verified(self, message: bytes, signature: str, key: str) -> bool:
        """Whether that key has signed the message; False too where key or signature are none or oddly written."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            if bytes.fromhex(signature).hex() != signature:  # it reads past spaces
                return False
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _signer(self, purpose: str) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._key(purpose))

    def key(self, purpose: str) -> bytes:
        """The key of a purpose, for what is proved so often that a digest a time would be felt."""
        if (known := self.derived.get(purpose)) is None:
            known = self.derived[purpose] = self._key(purpose)
        return known

    def learn(self, tx: Tx) -> None:
        """Reads the key in a transaction that is open already, so that what follows in it need not open another."""
        if not self.known and (found := meta.get(tx, "instance_key")) is not None:
            self.known.append(bytes.fromhex(found))

    def _key(self, purpose: str) -> bytes:
        return hmac.new(self._root(), purpose.encode(), hashlib.sha256).digest()

    def _root(self) -> bytes:
        if not self.known:
            with self.store.reading() as tx:
                found = meta.get(tx, "instance_key")
            if found is None:
                fresh = secrets.token_hex(KEY_BYTES)
                self.store.writing(lambda tx: meta.put_once(tx, "instance_key", fresh))
                with self.store.reading() as tx:
                    found = meta.get(tx, "instance_key") or fresh
            self.known.append(bytes.fromhex(found))
        return self.known[0]
