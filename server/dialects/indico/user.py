"""Whom the caller's token stands for."""

from pydantic import BaseModel

from server.core.people import Role, effective_role
from server.dialects.indico.desk import Desk
from server.dialects.kit.app import Call
from server.dialects.kit.route import Routes

routes = Routes("user")


class UserBody(BaseModel):
    """Somebody with an account. `id` is the person's number, `admin` whether they run the house."""

    id: int
    email: str
    first_name: str
    last_name: str
    admin: bool


@routes(
    "GET", "/api/user", scope="read", summary="Who you are", answers={200: UserBody | None},
    detail="By a token or a key; null for a token of the house, which is nobody's.",
)  # fmt: skip
def who_am_i(desk: Desk, call: Call) -> UserBody | None:
    if call.actor.person is None:
        return None
    it = desk.engine.people.get(call.actor.person, call.actor)
    admin = effective_role(it) is Role.ADMIN
    return UserBody(id=it.number, email=it.email, first_name=it.first_name, last_name=it.last_name, admin=admin)
