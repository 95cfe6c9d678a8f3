"""Every setting and limit of Palermo, in one place; each can be set by an environment variable `PALERMO_<NAME>`.

`docs/reference/settings.md` lists them; a test fails where one is missing there.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = Path("/run/secrets")
"""Where containers are given secrets, as files named after settings: `palermo_database_url`."""


class Settings(BaseSettings):
    """Settings and limits; sizes in bytes, times in seconds, unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="PALERMO_", frozen=True, extra="ignore", secrets_dir=SECRETS if SECRETS.is_dir() else None
    )

    model_dir: Path | None = Field(
        None, description="Folder of the model; unset: the one installed in the data folder, else the one shipped."
    )
    engine: str = Field(
        "auto",
        pattern="^(auto|onnxruntime|openvino)$",
        description="Engine; auto: OpenVINO where installed on VNNI or AMX (there in bfloat16).",
    )
    threads: int = Field(0, ge=0, le=256, description="Threads for inference; 0: one a core.")
    batch_tokens: int = Field(1024, ge=512, le=65536, description="Tokens read at once by the encoder.")

    request_bytes: int = Field(60_000_000, ge=1, description="Largest request body, counted while it arrives.")
    request_files: int = Field(10, ge=1, description="Files in one request; a ZIP is one.")
    request_seconds: float = Field(120.0, gt=0, description="Time for a request's body to arrive.")
    request_queue: int = Field(
        16, ge=0, description="Requests that may wait for their turn; more are told to come back."
    )
    document_bytes: int = Field(60_000_000, ge=1, description="Largest source file.")
    text_characters: int = Field(20_000_000, ge=1, description="Longest canonical text, in code points.")
    state_characters: int = Field(
        100,
        ge=3,
        le=500,
        description="Longest State of a document, in code points; a longer one that a file declares is left out.",
    )
    archive_members: int = Field(10_000, ge=1, description="Members of an archive (DOCX, ODT and ZIP are archives).")
    archive_bytes: int = Field(500_000_000, ge=1, description="Total size of an archive, uncompressed.")
    archive_ratio: int = Field(100, ge=1, description="Highest ratio of uncompressed to compressed size of an archive.")
    pdf_pages: int = Field(10_000, ge=1, description="Pages of a PDF.")
    pdf_stream_bytes: int = Field(75_000_000, ge=1, description="Largest decoded stream of a PDF.")
    xml_depth: int = Field(256, ge=8, description="Nesting depth of XML and HTML elements.")

    parser_seconds: float = Field(120.0, gt=0, description="Wall-clock time for reading one document.")
    parser_cpu_seconds: int = Field(120, ge=1, description="Processor time for reading one document.")
    parser_memory_bytes: int = Field(2_000_000_000, ge=100_000_000, description="Address space of the reading process.")
    parser_workers: int = Field(2, ge=1, le=64, description="Reading processes kept warm.")
    parser_result_bytes: int = Field(200_000_000, ge=1, description="Largest answer of a reading process.")
    parser_recycle_documents: int = Field(500, ge=1, description="Documents after which a reading process is replaced.")
    parser_recycle_bytes: int = Field(
        200_000_000, ge=1, description="Memory above which a reading process is replaced."
    )

    data_dir: Path = Field(Path("palermo-data"), description="Folder of the database, where that is SQLite.")
    database_url: SecretStr | None = Field(
        None, description="Database of the service, `postgresql://…`; unset: `palermo.sqlite` in the data folder."
    )
    database_pool: int = Field(10, ge=1, le=200, description="Connections to the database that one process keeps open.")
    database_wait_seconds: float = Field(30.0, gt=0, description="Longest wait for the database's turn to write.")

    ocr: str = Field("auto", pattern="^(auto|off)$", description="Text of scanned pages; auto: read with Tesseract.")
    ocr_languages: str = Field(
        "",
        pattern=r"^([A-Za-z][A-Za-z_/]*(\+[A-Za-z][A-Za-z_/]*)*)?$",
        description="Tesseract's codes joined by `+`, e.g. `eng+fra`; unset: at most four, by a document's script.",
    )
    ocr_seconds: float = Field(60.0, gt=0, description="Time for recognising one page.")
    ocr_document_seconds: float = Field(600.0, gt=0, description="Time for recognising the pages of one document.")
    ocr_memory_bytes: int = Field(
        1_500_000_000, ge=100_000_000, description="Address space of the process that recognises a page."
    )
    ocr_result_bytes: int = Field(1_000_000, ge=1, description="Largest result of recognising a page.")
    ocr_pages: int = Field(200, ge=1, description="Scanned pages read of one document; the others are named.")
    ocr_workers: int = Field(
        1, ge=1, le=64, description="Scanned pages that one process recognises at once; each takes up to 450 MB."
    )
    ocr_dpi: int = Field(300, ge=72, le=600, description="Dots per inch at which a scanned page is drawn.")
    ocr_pixels: int = Field(40_000_000, ge=10_000, description="Dots of a drawn page; a large page gets fewer an inch.")

    job_workers: int = Field(2, ge=1, le=64, description="Documents of batches that one process works on at once.")
    job_queue: int = Field(20_000, ge=1, description="Jobs that may wait; more are told to come back.")
    job_retry_seconds: int = Field(60, ge=1, description="What a full queue tells people to wait (`Retry-After`).")
    job_attempts: int = Field(
        3,
        ge=1,
        le=100,
        description="Starts of a job after which it is given up, its process having been killed each time.",
    )
    job_lease_seconds: float = Field(
        60.0, ge=0.1, description="Time without a sign of life after which another process takes over a job."
    )
    events_seconds: float = Field(3600.0, gt=0, description="Longest stream of a batch's progress.")
    export_days: float = Field(7.0, gt=0, description="Days for which an export is kept.")
    export_documents: int = Field(20_000, ge=1, description="Documents of one export.")

    page_pixels: int = Field(2_000_000, ge=10_000, description="Dots of a page of a PDF as a picture.")
    shelf_seconds: float = Field(
        3600.0, gt=0, description="How long the page keeps, in memory only, a result that is not stored."
    )
    shelf_bytes: int = Field(50_000_000, ge=1, description="Room for such results, packed.")

    accounts: str = Field(
        "off",
        pattern="^(on|off)$",
        description="off: no log-in, one user, on a loopback address only; on: people log in, programs send tokens.",
    )
    hosts: str = Field(
        "",
        description="Names by which browsers reach it, joined by `,`; unset: loopback names, with accounts any name.",
    )
    proxies: str = Field(
        "127.0.0.1",
        description="Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, joined by `,`.",
    )
    session_seconds: int = Field(43_200, ge=60, description="Time after which a browser must log in again.")
    session_idle_seconds: int = Field(7_200, ge=60, description="Time without a request after which a log-in ends.")
    password_characters: int = Field(12, ge=8, le=128, description="Shortest password, in code points.")
    login_tries_name: int = Field(10, ge=1, description="Failed log-ins with one name before it has to wait.")
    login_tries_address: int = Field(50, ge=1, description="Failed log-ins from one address before it has to wait.")
    login_seconds: int = Field(900, ge=1, description="Time in which failed log-ins are counted.")
    token_days: int = Field(365, ge=1, le=3650, description="Longest validity of a token, in days.")

    host: str = Field("127.0.0.1", description="Address that the service listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the service listens on.")
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="Log on standard error, one event a line: text, or json."
    )
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="Secret with which a monitoring system may read `/metrics`, and nothing else."
    )
    stop_seconds: float = Field(
        30.0, gt=0, description="How long a stop waits for requests, and then for documents at work."
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read from the environment once."""
    return Settings()
