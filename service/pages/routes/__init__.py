"""The routes of the pages, one module a page; `palermo.service.api.pages` puts them together."""
