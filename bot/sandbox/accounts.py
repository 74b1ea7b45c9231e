"""The people who live on the sandbox site, with their tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One account. `kind` is Jira's accountType: "atlassian" (staff), "customer" or "app"; an `admin` may administer
    the site."""

    id: str
    name: str
    email: str
    token: str
    kind: str = "atlassian"
    admin: bool = False

    @property
    def customer(self) -> bool:
        """Whether this is a customer of the service desk: they see requests and public comments only."""
        return self.kind == "customer"


def _staff(short: str, name: str) -> Account:
    return Account(f"712020:{short}", name, f"{short}@onboarding.example", f"token-{short}")


BOT = _staff("bot", "Onboarding Bot")
HANNA = _staff("hanna", "Hanna Helpcenter")
HECTOR = _staff("hector", "Hector Helpcenter")
FRED = _staff("fred", "Fred Functional")
FIONA = _staff("fiona", "Fiona Functional")
DANA = _staff("dana", "Dana Database")
LENA = _staff("lena", "Lena Lead")
CARLA = Account("qm:7d0c2b54:carla", "Carla Contact", "carla@springfield-isd.example", "token-carla", kind="customer")
# Lives on a site only where staff open a ticket and a field names its contact.
OLIVE = Account("qm:1f0c33a7:olive", "Olive Contact", "olive@cascade-sd.example", "token-olive", kind="customer")

DEFAULT_PEOPLE = (BOT, HANNA, HECTOR, FRED, FIONA, DANA, LENA, CARLA)
