"""Operations on users and access tokens."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from mockserver.canvas.seed import WorldDocumentError, new_user, seed_of
from mockserver.canvas.world_document import token_entry, user_entry, world_document
from mockserver.control.operations.times import canvas_time
from mockserver.control.problems import Problem, mistake_at

if TYPE_CHECKING:
    from mockserver.canvas.accounts import Token, User
    from mockserver.canvas.world import World
    from mockserver.control.operations.context import Context

Body = dict[str, Any]


class UserOperations:
    """Operations on the users and tokens of the world of the current request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def list_users(self, search: str = "", limit: int = 100, offset: int = 0) -> Body:
        """Return a part of the users that match."""
        users = list(self._world.users.values())
        if search:
            users = [user for user in users if _matches(user, search.lower())]
        return {"total": len(users), "users": [_summary(user) for user in users[offset : offset + limit]]}

    async def create_user(self, body: Body) -> tuple[Body, int]:
        """Add a user."""
        world = self._world
        document = world_document(world)
        index = len(document["users"])
        document["users"].append(body)
        _check(document, ["users", index])
        user = new_user(body, world.now(), count(_next_token_id(world)))
        world.add_user(user)
        return user_entry(user), 201

    async def get_user(self, user_id: int) -> Body:
        """Return a user with tokens and channels."""
        return user_entry(self._user(user_id))

    async def create_token(self, user_id: int, body: Body) -> tuple[Body, int]:
        """Add an access token."""
        world, user = self._world, self._user(user_id)
        if body["value"] in world.tokens:
            raise Problem(422, "invalid_token", "The world has this token already; choose another value.")
        token = {**body, **_canvas_expiry(body)}
        entry = {"id": user.id, "name": user.name, "tokens": [token]}
        added = new_user(entry, world.now(), count(_next_token_id(world))).tokens[0]
        world.add_token(user, added)
        return _token(added), 201

    async def update_token(self, token_id: int, body: Body) -> Body:
        """Change what an access token allows."""
        token = next((token for token in self._world.tokens.values() if token.id == token_id), None)
        if token is None:
            raise Problem(404, "unknown_token", f"There is no token with the id {token_id}; list_users shows the ids.")
        for name, value in {**body, **_canvas_expiry(body)}.items():
            setattr(token, name, tuple(value) if name == "scopes" and value is not None else value)
        return _token(token)

    @property
    def _world(self) -> World:
        return self._context.world.world

    def _user(self, user_id: int) -> User:
        user = self._world.users.get(user_id)
        if user is None:
            raise Problem(404, "unknown_user", f"There is no user with the id {user_id}.")
        return user


def _canvas_expiry(body: Body) -> Body:
    """Return the time at which a token expires in Canvas's format, as far as the body has one. Raises Problem."""
    time = body.get("expires_at")
    return {} if time is None else {"expires_at": canvas_time("expires_at", time)}


def _matches(user: User, text: str) -> bool:
    values = (str(user.id), user.name, user.login_id or "", *(token.value for token in user.tokens))
    return any(text in value.lower() for value in values)


def _summary(user: User) -> Body:
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role,
        "tokens": [_token(token) for token in user.tokens],
        "channels": len(user.channels.listed),
    }


def _token(token: Token) -> Body:
    return {"id": token.id, "user_id": token.user_id, **token_entry(token)}


def _next_token_id(world: World) -> int:
    return max((token.id for token in world.tokens.values()), default=0) + 1


def _check(document: Body, prefix: list[Any]) -> None:
    """Raise Problem if the document has a mistake; places below `prefix` are relative to it."""
    try:
        seed_of(document)
    except WorldDocumentError as error:
        raise Problem(422, "invalid_user", f"The user has a mistake: {error}", (mistake_at(error, prefix),)) from None
