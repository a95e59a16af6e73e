"""What RoomLoop calls the roles of people. Its page knows teachers and admins; staff, who run rooms, are ours."""

from server.core.people import Role

ROLES = {"admin": Role.ADMIN, "staff": Role.STAFF, "teacher": Role.MEMBER, "member": Role.MEMBER}
"""What may be said; "member" is what other doors say for a teacher."""
WORDS = {Role.ADMIN: "admin", Role.STAFF: "staff", Role.MEMBER: "teacher"}
"""What is told."""
EITHER = "|".join(ROLES)


def word(role: str) -> str:
    """What a role is called here."""
    return WORDS[Role(role)]
