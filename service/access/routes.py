"""The pages of access, as one router; `create_app` includes it."""

from __future__ import annotations

from fastapi import APIRouter
from palermo.service.access import account_page, login_page, people_page

router = APIRouter(include_in_schema=False)
for _part in (login_page.router, account_page.router, people_page.router):
    router.include_router(_part)
