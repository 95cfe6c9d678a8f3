"""What Alembic runs before the migrations: binds them to the connection that `upgrade` gave; nothing else calls it."""

from alembic import context
from palermo.service.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
