"""The HTTP API and the page: `create_app` makes the application that `palermo serve` runs."""

from palermo.service.api.app import create_app

__all__ = ["create_app"]
