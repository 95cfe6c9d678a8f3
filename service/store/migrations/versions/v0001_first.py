"""The first shape of the database; Alembic runs it."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    _roots()
    _documents()
    _said()


def _roots() -> None:
    op.create_table(
        "documents",
        sa.Column("key", BIG, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("court", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("date", DAY, nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("given", sa.LargeBinary(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("deleted", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_documents"),
        sa.UniqueConstraint("id", name="uq_documents_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_documents_deleted_key", "documents", ["deleted", "key"])
    op.create_index("ix_documents_state_key", "documents", ["state", "key"])
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", BIG, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created"])
    op.create_table(
        "users",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("disabled", MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('admin', 'editor', 'reader')", name="ck_users_role"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "batches",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.Column("owner", BIG, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("cancelled", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_batches_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("id", BIG, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("actor", BIG, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["actor"], ["users.id"], name="fk_events_actor"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_actor_id", "events", ["actor", "id"])
    op.create_index("ix_events_object_id", "events", ["object", "id"])
    op.create_table(
        "exports",
        sa.Column("id", BIG, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("options", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("owner", BIG, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("finished", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="ck_exports_state"),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_exports_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("owner", BIG, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("last_used", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_sessions_owner"),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires", "sessions", ["expires"])
    op.create_index("ix_sessions_owner", "sessions", ["owner"])


def _documents() -> None:
    op.create_table(
        "sources",
        sa.Column("document", BIG, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_sources_document"),
        sa.PrimaryKeyConstraint("document", name="pk_sources"),
    )
    op.create_table(
        "texts",
        sa.Column("key", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("warnings", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("anchors", sa.LargeBinary(), nullable=False),
        sa.Column("blocks", sa.LargeBinary(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_texts_document"),
        sa.PrimaryKeyConstraint("key", name="pk_texts"),
        sa.UniqueConstraint("document", "extractor", name="uq_texts_document_extractor"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", BIG, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=True),
        sa.Column("last_used", MOMENT, nullable=True),
        sa.Column("revoked", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["users.id"], name="fk_tokens_owner"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("hash", name="uq_tokens_hash"),
    )
    op.create_index("ix_tokens_owner", "tokens", ["owner"])
    op.create_table(
        "analyses",
        sa.Column("id", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("text", BIG, nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.Text(), nullable=False),
        sa.Column("taxonomy", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_analyses_document"),
        sa.ForeignKeyConstraint(["text"], ["texts.key"], name="fk_analyses_text"),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        sa.UniqueConstraint(
            "document",
            "extractor",
            "model_sha256",
            "taxonomy",
            name="uq_analyses_document_extractor_model_sha256_taxonomy",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_analyses_text", "analyses", ["text"])
    op.create_table(
        "export_documents",
        sa.Column("export", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_export_documents_document"),
        sa.ForeignKeyConstraint(["export"], ["exports.id"], name="fk_export_documents_export"),
        sa.PrimaryKeyConstraint("export", "document", name="pk_export_documents"),
    )
    op.create_index("ix_export_documents_document", "export_documents", ["document"])
    op.create_table(
        "export_parts",
        sa.Column("export", BIG, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export"], ["exports.id"], name="fk_export_parts_export"),
        sa.PrimaryKeyConstraint("export", "part", name="pk_export_parts"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", BIG, nullable=False),
        sa.Column("batch", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("error_hint", sa.Text(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("started", MOMENT, nullable=True),
        sa.Column("finished", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="ck_jobs_state"),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name="fk_jobs_batch"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_jobs_document"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("batch", "document", name="uq_jobs_batch_document"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_batch_state", "jobs", ["batch", "state"])
    op.create_index("ix_jobs_document", "jobs", ["document"])
    op.create_index("ix_jobs_state_id", "jobs", ["state", "id"])
    op.create_table(
        "passages",
        sa.Column("key", BIG, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("text", BIG, nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_passages_document"),
        sa.ForeignKeyConstraint(["text"], ["texts.key"], name="fk_passages_text"),
        sa.PrimaryKeyConstraint("key", name="pk_passages"),
        sa.UniqueConstraint("id", name="uq_passages_id"),
        sa.UniqueConstraint("text", "index", name="uq_passages_text_index"),
    )


def _said() -> None:
    op.create_table(
        "elements",
        sa.Column("id", BIG, nullable=False),
        sa.Column("analysis", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("passage", BIG, nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["analysis"], ["analyses.id"], name="fk_elements_analysis"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_elements_document"),
        sa.ForeignKeyConstraint(["passage"], ["passages.key"], name="fk_elements_passage"),
        sa.PrimaryKeyConstraint("id", name="pk_elements"),
    )
    op.create_index("ix_elements_analysis", "elements", ["analysis"])
    op.create_index("ix_elements_passage", "elements", ["passage"])
    op.create_table(
        "predictions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("analysis", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("passage", BIG, nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("predicted", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("evidence_start", sa.Integer(), nullable=True),
        sa.Column("evidence_end", sa.Integer(), nullable=True),
        sa.Column("evidence_drop", sa.Double(), nullable=True),
        sa.CheckConstraint("decision IN ('assigned', 'review', 'none')", name="ck_predictions_decision"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="ck_predictions_score"),
        sa.ForeignKeyConstraint(["analysis"], ["analyses.id"], name="fk_predictions_analysis"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_predictions_document"),
        sa.ForeignKeyConstraint(["passage"], ["passages.key"], name="fk_predictions_passage"),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.UniqueConstraint("passage", "provision", "analysis", name="uq_predictions_passage_provision_analysis"),
    )
    op.create_index("ix_predictions_analysis", "predictions", ["analysis"])
    op.create_table(
        "reviews",
        sa.Column("id", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("passage", BIG, nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("prediction", BIG, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("replacement", sa.Text(), nullable=True),
        sa.Column("undoes", BIG, nullable=True),
        sa.Column("part_of", BIG, nullable=True),
        sa.Column("carried_from", BIG, nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("model_sha256", sa.Text(), nullable=True),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("suffix", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("reviewer", BIG, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.CheckConstraint("(action = 'change') = (replacement IS NOT NULL)", name="ck_reviews_replacement"),
        sa.CheckConstraint("(action = 'undo') = (undoes IS NOT NULL)", name="ck_reviews_undoes"),
        sa.CheckConstraint("action IN ('accept', 'reject', 'change', 'add', 'undo')", name="ck_reviews_action"),
        sa.ForeignKeyConstraint(["carried_from"], ["reviews.id"], name="fk_reviews_carried_from"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_reviews_document"),
        sa.ForeignKeyConstraint(["passage"], ["passages.key"], name="fk_reviews_passage"),
        sa.ForeignKeyConstraint(["prediction"], ["predictions.id"], name="fk_reviews_prediction"),
        sa.ForeignKeyConstraint(["reviewer"], ["users.id"], name="fk_reviews_reviewer"),
        sa.ForeignKeyConstraint(["undoes"], ["reviews.id"], name="fk_reviews_undoes"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_carried_from", "reviews", ["carried_from"])
    op.create_index("ix_reviews_document_id", "reviews", ["document", "id"])
    op.create_index("ix_reviews_passage_provision_id", "reviews", ["passage", "provision", "id"])
    op.create_index("ix_reviews_prediction", "reviews", ["prediction"])
    op.create_index("ix_reviews_undoes", "reviews", ["undoes"])
    op.create_table(
        "tags",
        sa.Column("id", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("passage", BIG, nullable=False),
        sa.Column("provision", sa.Text(), nullable=False),
        sa.Column("prediction", BIG, nullable=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("predicted", sa.Boolean(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("uncertainty", sa.Double(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reviewed", sa.Boolean(), nullable=False),
        sa.Column("review", BIG, nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("date", DAY, nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('open', 'accepted', 'rejected', 'changed', 'added')", name="ck_tags_verdict"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_tags_document"),
        sa.ForeignKeyConstraint(["passage"], ["passages.key"], name="fk_tags_passage"),
        sa.ForeignKeyConstraint(["prediction"], ["predictions.id"], name="fk_tags_prediction"),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name="fk_tags_review"),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("passage", "provision", name="uq_tags_passage_provision"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tags_document", "tags", ["document", "id"])
    op.create_index("ix_tags_prediction", "tags", ["prediction"])
    op.create_index("ix_tags_provision_queue", "tags", ["provision", "reviewed", "uncertainty", "id"])
    op.create_index("ix_tags_provision_score", "tags", ["provision", "score", "id"])
    op.create_index("ix_tags_queue", "tags", ["reviewed", "decision", "uncertainty", "id"])
    op.create_index("ix_tags_score", "tags", ["score", "id"])
    op.create_index("ix_tags_state_queue", "tags", ["state", "reviewed", "uncertainty", "id"])
    op.create_table(
        "unplaced",
        sa.Column("id", BIG, nullable=False),
        sa.Column("review", BIG, nullable=False),
        sa.Column("document", BIG, nullable=False),
        sa.Column("extractor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("settled", MOMENT, nullable=True),
        sa.CheckConstraint("reason IN ('gone', 'ambiguous', 'outside')", name="ck_unplaced_reason"),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name="fk_unplaced_document"),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name="fk_unplaced_review"),
        sa.PrimaryKeyConstraint("id", name="pk_unplaced"),
        sa.UniqueConstraint("review", "extractor", name="uq_unplaced_review_extractor"),
    )
    op.create_index("ix_unplaced_document", "unplaced", ["document"])
