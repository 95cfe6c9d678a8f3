"""Migrations in order; each is frozen once it has shipped, and repeats what it needs instead of importing tables."""
