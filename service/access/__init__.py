"""Who may use the service: log-in, tokens, roles, and the guard that every route declares.

    identity   Identity: who asks, and `may`          guard     require(role, scope) for routes, identity(request)
    passwords  argon2id                               csrf      the word that forms must repeat
    errors     401, 403, 429

The API and the pages say `Depends(require("editor"))`; nothing else decides what a person may do.
"""

from palermo.service.access.guard import identity, require
from palermo.service.access.identity import Identity

__all__ = ["Identity", "identity", "require"]
